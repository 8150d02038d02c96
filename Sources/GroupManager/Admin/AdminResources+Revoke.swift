import ACEGroupcomm
import Bytes
import CoAP

extension AdminResources {
    /// DELETE `/gosc/groups/NAME/invitations/NODE`: whoever holds the invitation can do nothing with it any more, nor with
    /// the tokens that came of it. Where a member has the name, that is about those who were members under it before; else
    /// about whoever has not joined with it.
    func revokeInvitation(of nodeName: String, to groupName: String) -> AdminDecision {
        guard let group = state.groups[groupName] else { return AdminDecision(unknownGroup(groupName)) }
        let isMember = group.members[nodeName] != nil
        let open =
            isMember
            ? state.formerInvitations(to: groupName, for: nodeName)
            : state.openInvitations(to: groupName, for: nodeName)
        guard !open.isEmpty else {
            return AdminDecision(isMember ? usedUp(nodeName, group) : noneOpen(nodeName, group))
        }
        let holders = open.compactMap {
            group.holderName(of: ClientIdentity(invitation: $0.clientSenderID), named: nodeName)
        }
        let answer = RevokeInvitationAnswer(
            holders: holders.sorted { ($0.name, $0.number) < ($1.name, $1.number) })
        var decision = AdminDecision(AdminResponse(code: .deleted, payload: answer.encoded()))
        for invitation in open {
            decision.writes.append(.revokeInvitation(clientSenderID: invitation.clientSenderID, at: now))
            // GM-0026: what it may do ends at once.
            if let recipientID = state.recipientIDs[ClientIdentity(invitation: invitation.clientSenderID)] {
                decision.writes.append(.removeClient(recipientID: recipientID))
                decision.ended.append(.client(recipientID))
            }
        }
        if isMember, !holders.isEmpty {
            decision.writes += rekeyingWithoutFormerMembers(of: group)
        }
        decision.events = [.invitationRevoked(group: groupName, node: nodeName)]
        return decision
    }

    /// Whoever has joined with its invitation and has left may come back, although that is open no more.
    private func noneOpen(_ nodeName: String, _ group: GroupState) -> AdminResponse {
        let groupName = group.record.name
        let detail = "\(nodeName) has no open invitation to \(groupName)"
        let returners = returners(named: nodeName, in: group)
        guard !returners.isEmpty else { return .problem(.notFound, detail: detail) }
        let names = returners.map(\.description).joined(separator: ", ")
        return .problem(
            .conflict,
            detail: "\(detail), but \(names) may come back: 'gosc member evict \(groupName) \(nodeName)' keeps "
                + "\(returners.count == 1 ? "it" : "them") out; see 'gosc member list \(groupName) \(nodeName)'")
    }

    /// Clients of other authorization servers have no invitation that could end.
    private func usedUp(_ nodeName: String, _ group: GroupState) -> AdminResponse {
        let others = group.holders(of: nodeName).filter {
            group.member($0.client) == nil && group.evictions[$0.client] == nil && $0.client.invitation == nil
        }
        let advice = others.isEmpty ? "" : "; 'gosc member evict' keeps out who had the name before: "
        return .problem(
            .conflict,
            detail: "\(nodeName) has joined \(group.record.name) already; its invitation is used up" + advice
                + others.map(\.name.description).joined(separator: ", "))
    }

    /// POST `/gosc/revocations`: a token, by its `cti`, is not accepted any more.
    func revokeToken(_ payload: [UInt8]) -> AdminDecision {
        let request: RevokeTokenRequest
        do {
            request = try RevokeTokenRequest(decoding: payload.span)
        } catch {
            return AdminDecision(.problem(.badRequest, detail: "the token cannot be revoked: \(error)"))
        }
        guard state.revocations[request.tokenID] == nil else {
            return AdminDecision(AdminResponse(code: .changed))
        }
        var decision = AdminDecision(
            AdminResponse(code: .created),
            writes: [.revokeToken(RevocationRecord(tokenID: request.tokenID, revokedAt: now))],
            events: [.tokenRevoked])
        for client in state.clients.values where client.tokenID == request.tokenID {
            decision.writes.append(.removeClient(recipientID: client.recipientID))
            decision.ended.append(.client(client.recipientID))
            // GM-0349
            let departures = state.departures(of: client.client, at: now, reason: .tokenRevoked)
            decision.writes += departures.writes
            decision.events += departures.events
            decision.evicted += departures.evicted
            if !departures.writes.isEmpty { decision.lapsed.append(client.client) }
        }
        return decision
    }
}
