import ACEGroupcomm
import CoAP

extension AdminResources {
    /// DELETE `/gosc/groups/NAME/evictions/MEMBER`: one client that was evicted may come back, with a token of its
    /// authorization server; a node with an invitation needs a new one.
    ///
    /// - Parameter text: A name, unless several were evicted under it, or a ``HolderName``.
    func readmit(_ text: String, to groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        let evicted = group.evictions(under: text)
        guard let record = evicted.first else {
            return AdminDecision(.problem(.notFound, detail: "nobody was evicted from \(groupName) as \(text)"))
        }
        let holders = group.holders(of: record.name)
        guard evicted.count == 1 else {
            let names = holders.filter { group.evictions[$0.client]?.name == text }.map(\.name.description)
            return AdminDecision(
                .problem(
                    .conflict,
                    detail:
                        "\(evicted.count) were evicted from \(groupName) as \(text): \(names.joined(separator: ", ")); "
                        + "'gosc member list \(groupName) \(text)' tells them apart"))
        }
        let holder = HolderName(text) ?? holders.first { $0.client == record.client }?.name
        // Its token came of the invitation, which was revoked with the eviction.
        let answer = ReadmitAnswer(needsInvitation: state.invitation(of: record.client) != nil, holder: holder)
        return AdminDecision(
            AdminResponse(code: .deleted, payload: answer.encoded()),
            writes: [.readmit(groupName: groupName, record.client)],
            events: [.readmitted(group: groupName, node: holder?.description ?? text)])
    }
}

extension GroupState {
    /// Who was evicted under a name, or as one of those who had it.
    fileprivate func evictions(under text: String) -> [EvictionRecord] {
        guard let name = HolderName(text) else { return evictions.values.filter { $0.name == text } }
        return holder(name).flatMap { evictions[$0.client] }.map { [$0] } ?? []
    }
}
