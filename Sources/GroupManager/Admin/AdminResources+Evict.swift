import ACEGroupcomm
import Bytes
import CoAP

#if GOSC_TEST_GUARDS
    import OSCORE
#endif

extension AdminResources {
    /// POST `/gosc/groups/NAME/evictions`: nobody who is named is a member any more, the group gets new keys once, without all
    /// of them, and none of them comes back by itself. One after the other, each would get the keys that the one before it is
    /// the reason for. If one of the names is nobody's who can be evicted, nobody is.
    func evictAll(_ payload: [UInt8], from groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        let request: EvictRequest
        do {
            request = try EvictRequest(decoding: payload.span)
        } catch {
            return AdminDecision(.problem(.badRequest, detail: "nobody can be evicted: \(error)"))
        }
        let evictees = Evictees(request.names, of: group)
        if let refusal = refusal(to: evictees, of: group) {
            return AdminDecision(.problem(.conflict, detail: refusal))
        }
        let answer = EvictAnswer(members: evictees.members.map(\.text), keptOut: evictees.former.map(\.name))
        return evict(
            evictees, from: group, answer: AdminResponse(code: .changed, payload: answer.encoded()))
    }

    /// DELETE `/gosc/groups/NAME/members/MEMBER`: the same for one.
    ///
    /// - Parameter text: A name, or a ``HolderName``: that is about nobody else who has or had the name.
    func evict(_ text: String, from groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        let evictees = Evictees([text], of: group)
        if let refusal = refusal(to: evictees, of: group) {
            return AdminDecision(.problem(.notFound, detail: refusal))
        }
        // 2.04 where 2.02 says that there was a member.
        let answer =
            evictees.former.isEmpty
            ? AdminResponse(code: .deleted)
            : AdminResponse(
                code: .changed, payload: KeepOutAnswer(holders: evictees.former.map(\.name)).encoded())
        return evict(evictees, from: group, answer: answer)
    }

    // GM-0346
    /// All of them in one decision: what a turn changes is one commit, with the new keys.
    private func evict(_ evictees: Evictees, from group: GroupState, answer: AdminResponse) -> AdminDecision {
        var decision = AdminDecision(answer)
        for (_, member) in evictees.members {
            decision.writes += group.departure(of: member, at: now, evicts: true)
            decision.events.append(
                .evicted(group: group.record.name, node: member.name, reason: .administrator))
            decision.evicted.append(EvictedMember(member, in: state))
            decision.writes += bar(member.client, as: member.name, from: group)
        }
        if !evictees.former.isEmpty { keepOut(evictees.former, of: group, in: &decision) }
        return decision
    }

    // GM-0350
    /// Those who were members, and have left or went because a Gid came again: they do not come back.
    private func keepOut(_ former: [Holder], of group: GroupState, in decision: inout AdminDecision) {
        for holder in former {
            decision.events.append(.keptOut(group: group.record.name, node: holder.name.description))
            decision.writes += bar(holder.client, as: holder.name.name, from: group)
            // Clients of other authorization servers may be members elsewhere.
            guard holder.client.invitation != nil, let recipientID = state.recipientIDs[holder.client] else { continue }
            decision.writes.append(.removeClient(recipientID: recipientID))
            decision.ended.append(.client(recipientID))
        }
        decision.writes += rekeyingWithoutFormerMembers(of: group)
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
