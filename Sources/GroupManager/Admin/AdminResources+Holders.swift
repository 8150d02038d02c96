import ACEGroupcomm
import CoAP

extension AdminResources {
    /// GET `/gosc/groups/NAME/members/MEMBER`: everybody who has or had the name, and what has become of them.
    func holders(of name: String, in groupName: String) -> AdminResponse {
        guard let group = state.groups[groupName] else { return unknownGroup(groupName) }
        let entries = Names.isValid(name) ? group.holders(of: name).map { entry(of: $0, in: group) } : []
        guard !entries.isEmpty else {
            return .problem(.notFound, detail: "nobody has ever joined \(groupName) as \(name)")
        }
        return AdminResponse(code: .content, payload: HolderEntry.encodeList(entries))
    }

    /// Those who had a name, are members no more, and may come back with what they have.
    func returners(named name: String, in group: GroupState) -> [HolderName] {
        group.holders(of: name).filter { entry(of: $0, in: group).state == .left }.map(\.name)
    }

    private func entry(of holder: Holder, in group: GroupState) -> HolderEntry {
        let client = holder.client
        let invitation = state.invitation(of: client)
        var entry = HolderEntry(
            holder: holder.name, state: .left, since: nil, issuer: client.invitation == nil ? client.issuer : nil,
            presentName: nil)
        if let member = group.member(client) {
            (entry.state, entry.since) = (.joined, member.joinedAt)
            if member.name != holder.name.name { entry.presentName = member.name }
        } else if let eviction = group.evictions[client] {
            (entry.state, entry.since) = (.evicted, eviction.at)
        } else if let invitation, state.isVoid(invitation, of: client) {
            entry.state = .revoked
        }
        return entry
    }
}
