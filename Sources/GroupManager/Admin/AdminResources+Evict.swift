import ACEGroupcomm
import Bytes
import CoAP

#if GOSC_TEST_GUARDS
    import OSCORE
#endif

extension AdminResources {
    /// DELETE `/gosc/groups/NAME/members/MEMBER`: the member is none any more, the group gets new keys without it, and it does
    /// not come back by itself (draft-ietf-ace-key-groupcomm-oscore §10). Nor does whoever was called so and is no member.
    func evict(_ memberName: String, from groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        guard let member = group.members[memberName] else { return keepOut(memberName, of: group) }
        var decision = AdminDecision(
            AdminResponse(code: .deleted),
            writes: group.departure(of: member, at: now, evicts: true),
            events: [.evicted(group: groupName, node: memberName, reason: .administrator)])
        decision.evicted = [EvictedMember(member, in: state)]
        decision.writes += bar(member.client, as: memberName, from: group)
        return decision
    }

    // GM-0350
    /// Those who were members under a name, and have left or went because a Gid came again: they do not come back.
    private func keepOut(_ name: String, of group: GroupState) -> AdminDecision {
        let groupName = group.record.name
        let clients = group.formerMembers(named: name).filter { group.evictions[$0] == nil }
        guard !clients.isEmpty else {
            return AdminDecision(.problem(.notFound, detail: "\(groupName) has no member named \(name)"))
        }
        // 2.04 where 2.02 says that there was a member.
        var decision = AdminDecision(
            AdminResponse(code: .changed), events: [.keptOut(group: groupName, node: name)])
        for client in clients {
            decision.writes += bar(client, as: name, from: group)
            // Clients of other authorization servers may be members elsewhere.
            guard client.invitation != nil, let recipientID = state.recipientIDs[client] else { continue }
            decision.writes.append(.removeClient(recipientID: recipientID))
            decision.ended.append(.client(recipientID))
        }
        // They may have the present keys until those come that their departure is a reason for, and may be heard under the
        // former ones as long as these receive.
        let latest = group.record.latestRekeying
        if group.record.dueRekeying != nil || now - min(latest.at, now) < latest.overlap {
            decision.writes.append(.demandRekeying(groupName: groupName, DueRekeying(since: now, evicts: true)))
        }
        return decision
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

    /// DELETE `/gosc/groups/NAME/evictions/MEMBER`: whoever was evicted under this name may come back, with a token of its
    /// authorization server; a node with an invitation needs a new one.
    func readmit(_ memberName: String, to groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        let evicted = group.evictions.values.filter { $0.name == memberName }
        guard !evicted.isEmpty else {
            return AdminDecision(
                .problem(.notFound, detail: "nobody was evicted from \(groupName) as \(memberName)"))
        }
        // Its token came of the invitation, which was revoked with the eviction.
        let needsInvitation = evicted.contains { state.invitation(of: $0.client) != nil }
        return AdminDecision(
            AdminResponse(code: .deleted, payload: ReadmitAnswer(needsInvitation: needsInvitation).encoded()),
            writes: evicted.map { .readmit(groupName: groupName, $0.client) },
            events: [.readmitted(group: groupName, node: memberName)])
    }
}

extension GroupState {
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
