import ACEGroupcomm
import Bytes
import CoAP

#if GOSC_TEST_GUARDS
    import OSCORE
#endif

extension AdminResources {
    /// DELETE `/gosc/groups/NAME/members/MEMBER`: the member is none any more, the group gets new keys without it, and it does
    /// not come back by itself (draft-ietf-ace-key-groupcomm-oscore §10).
    func evict(_ memberName: String, from groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        guard let member = group.members[memberName] else {
            return AdminDecision(
                .problem(.notFound, detail: "\(groupName) has no member named \(memberName)"))
        }
        var decision = AdminDecision(
            AdminResponse(code: .deleted),
            writes: group.departure(of: member, at: now, evicts: true),
            events: [.evicted(group: groupName, node: memberName, reason: .administrator)])
        decision.evicted = [EvictedMember(member, in: state)]
        if group.evictions[member.client] == nil {
            decision.writes.append(
                .evict(EvictionRecord(groupName: groupName, client: member.client, name: memberName, at: now)))
        }
        // GM-0026: an invitation is for one group, and worth nothing from here on.
        if let invitation = state.invitation(of: member.client), invitation.revokedAt == nil {
            decision.writes.append(.revokeInvitation(clientSenderID: invitation.clientSenderID, at: now))
        }
        return decision
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
