import ACEGroupcomm
import Bytes
import CoAP

#if GOSC_TEST_GUARDS
    import OSCORE
#endif

extension AdminResources {
    /// DELETE `/gosc/groups/NAME/members/MEMBER`: the member is none any more, the group gets new keys without it, and it does
    /// not come back by itself (draft-ietf-ace-key-groupcomm-oscore §10). Nor does whoever was called so and is no member.
    ///
    /// - Parameter text: A name, or a ``HolderName``: that is about nobody else who has or had the name.
    func evict(_ text: String, from groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        if let name = HolderName(text) {
            let holder = group.holder(name)
            guard let member = holder.flatMap({ group.member($0.client) }) else {
                return keepOut(holder.map { [$0] } ?? [], calledBy: text, of: group)
            }
            return evict(member, from: group)
        }
        guard let member = group.members[text] else {
            return keepOut(group.holders(of: text), calledBy: text, of: group)
        }
        return evict(member, from: group)
    }

    private func evict(_ member: MemberRecord, from group: GroupState) -> AdminDecision {
        var decision = AdminDecision(
            AdminResponse(code: .deleted),
            writes: group.departure(of: member, at: now, evicts: true),
            events: [.evicted(group: group.record.name, node: member.name, reason: .administrator)])
        decision.evicted = [EvictedMember(member, in: state)]
        decision.writes += bar(member.client, as: member.name, from: group)
        return decision
    }

    // GM-0350
    /// Those who were members under a name, and have left or went because a Gid came again: they do not come back.
    private func keepOut(_ holders: [Holder], calledBy text: String, of group: GroupState) -> AdminDecision {
        let groupName = group.record.name
        let former = holders.filter { group.member($0.client) == nil && group.evictions[$0.client] == nil }
        guard !former.isEmpty else {
            return AdminDecision(.problem(.notFound, detail: "\(groupName) has no member named \(text)"))
        }
        // 2.04 where 2.02 says that there was a member.
        var decision = AdminDecision(
            AdminResponse(code: .changed, payload: KeepOutAnswer(holders: former.map(\.name)).encoded()),
            events: former.map { .keptOut(group: groupName, node: $0.name.description) })
        for holder in former {
            decision.writes += bar(holder.client, as: holder.name.name, from: group)
            // Clients of other authorization servers may be members elsewhere.
            guard holder.client.invitation != nil, let recipientID = state.recipientIDs[holder.client] else { continue }
            decision.writes.append(.removeClient(recipientID: recipientID))
            decision.ended.append(.client(recipientID))
        }
        decision.writes += rekeyingWithoutFormerMembers(of: group)
        return decision
    }

    /// What somebody who has left by itself leaves to be done when an operator wants it out: it may have the present keys until
    /// those come that its departure is a reason for, and may be heard under the former ones as long as these receive.
    func rekeyingWithoutFormerMembers(of group: GroupState) -> [ManagerWrite] {
        let latest = group.record.latestRekeying
        guard group.record.dueRekeying != nil || now - min(latest.at, now) < latest.overlap else { return [] }
        return [.demandRekeying(groupName: group.record.name, DueRekeying(since: now, evicts: true))]
    }

    /// A client may not come back, whatever token it has.
    private func bar(_ client: ClientIdentity, as name: String, from group: GroupState) -> [ManagerWrite] {
        var writes: [ManagerWrite] = []
        if group.evictions[client] == nil {
            writes.append(
                .evict(EvictionRecord(groupName: group.record.name, client: client, name: name, at: now)))
        }
        // GM-0026: an invitation is for one group, and worth nothing from here on.
        if let invitation = state.invitation(of: client), invitation.revokedAt == nil {
            writes.append(.revokeInvitation(clientSenderID: invitation.clientSenderID, at: now))
        }
        return writes
    }

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

    // GM-0341, GM-0344
    /// What a departure changes, whoever wanted it.
    ///
    /// - Parameter now: In seconds since 1970.
    func departure(of member: MemberRecord, at now: UInt64, evicts: Bool) -> [ManagerWrite] {
        var writes: [ManagerWrite] = [.removeMember(member.key)]
        // GM-0246, GM-0249
        if let senderID = member.senderID { writes.append(staleness(of: senderID)) }
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.eviction) { return writes }
        #endif
        // GM-0320, GM-0327: also behind the last one.
        writes.append(
            .demandRekeying(groupName: record.name, DueRekeying(since: now, evicts: evicts)))
        return writes
    }
}
