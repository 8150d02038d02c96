import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives

/// POST `/ace-group/GROUPNAME` (draft-ietf-ace-key-groupcomm-oscore §6), from the verified request to the decision.
struct JoinProcedure: Sendable {
    let state: ManagerState
    let settings: ManagerSettings
    let requester: Requester
    let group: GroupState
    /// What the token grants in the group.
    let granted: Roles
    let request: ResourceRequest<ManagedRequest>
    /// Whether the keys of the group become durable with this join, as those that came before it in one commit: then they are
    /// as good as others for whoever comes new.
    let hasUnseenKeys: Bool

    /// Decides. Changes nothing: what is to change is in the decision.
    func decide(random: inout some RandomNumberGenerator) -> Decision {
        do throws(JoinRefusal) {
            return try join(random: &random)
        } catch {
            return refused(error, random: &random)
        }
    }

    // GM-0141: the order of the checks is fixed.
    private func join(random: inout some RandomNumberGenerator) throws(JoinRefusal) -> Decision {
        // GM-0098
        guard group.configuration.active else { throw .groupInactive }
        let join = try decodeRequest()
        let roles = try checkScope(join)
        let controlURI = try checkControlURI(join)
        let former = group.member(requester.client.client)
        let senderID = try senderID(for: roles, join, former: former)
        let credential = try credential(for: roles, join, former: former)
        let member = MemberRecord(
            groupName: group.record.name, name: former?.name ?? freeName(random: &random),
            nodeName: former?.nodeName ?? "", client: requester.client.client, roles: roles.rawValue,
            senderID: senderID, credential: credential?.distributed, scope: join.scope, clientNonce: join.clientNonce,
            controlURI: controlURI, joinedAt: isRepeated(join, former) ? former?.joinedAt ?? 0 : requester.now,
            keyVersion: group.record.version,
            // GM-0387
            birthGroupID: group.configuration.reusesGroupIDs ? group.record.groupID : nil)
        var decision = try accepted(
            member, join, former: former, publicKey: credential?.endEntity.publicKey, random: &random)
        if join.controlURI != nil, controlURI == nil {
            decision.events.append(.controlURIDropped(group: group.record.name, node: member.name))
        }
        return decision
    }

    private func decodeRequest() throws(JoinRefusal) -> JoinRequest {
        // GM-0101: an empty request is a question.
        guard !request.payload.isEmpty else { throw .empty }
        // GM-0076
        guard request.options.contentFormat == .aceGroupcomm else { throw .contentFormat }
        do {
            return try JoinRequest(decoding: request.payload.span)
        } catch {
            throw .malformed(error)
        }
    }

    private func checkScope(_ join: JoinRequest) throws(JoinRefusal) -> Roles {
        // GM-0080
        guard join.scopeEntry.groupName == group.record.name else { throw .scopeMismatch }
        let roles = join.scopeEntry.roles
        // GM-0079, GM-0302: monitor alone, and never a verifier.
        guard roles.mayJoin else { throw .rolesNotPossible }
        // GM-0147: nobody listens in a group where each message is for one member.
        guard roles != .monitor || group.configuration.groupMode != nil else { throw .rolesNotPossible }
        // GM-0081
        guard roles.isSubset(of: granted) else { throw .rolesNotGranted }
        return roles
    }

    /// The URI to keep; `nil` if there is none that may be kept.
    private func checkControlURI(_ join: JoinRequest) throws(JoinRefusal) -> String? {
        guard let text = join.controlURI else { return nil }
        guard let uri = try? CoAPURI(parsing: text) else { throw .controlURI }
        // GM-0096
        guard uri.path != ["ace-group", group.record.name] else { throw .controlURI }
        guard text.utf8.count <= 255 else { throw .controlURI }
        // GM-0097: rekeying traffic cannot be aimed at third parties.
        guard case .address(requester.address, zone: _) = uri.host else { return nil }
        return text
    }

    /// The Sender ID of the member: a new one, but for a monitor and for a join that came before.
    private func senderID(
        for roles: Roles, _ join: JoinRequest, former: MemberRecord?
    ) throws(JoinRefusal) -> [UInt8]? {
        guard roles != .monitor else { return nil }
        if isRepeated(join, former), let senderID = former?.senderID { return senderID }
        // GM-0099, GM-0242
        return try group.unusedSenderID(for: requester.client.client, settings: settings, now: requester.now)
    }

    // GM-0129
    /// Whether it is the join that made the member, again: whoever asks with the same nonce has not had the answer.
    ///
    /// Not for long: a node that was put back to a state from before its join, by a snapshot of its machine perhaps, would
    /// begin anew with numbers that it has used. It gets another Sender ID.
    private func isRepeated(_ join: JoinRequest, _ former: MemberRecord?) -> Bool {
        guard let former, requester.now - min(former.joinedAt, requester.now) <= settings.repeatedJoinPeriod else {
            return false
        }
        return join.clientNonce == former.clientNonce && join.scope == former.scope
            && isStored(join.clientCredential ?? [], former)
    }

    // GM-0087, GM-0088
    /// Whether the joiner means the credential that is stored: it names none, or that one.
    private func isStored(_ bytes: [UInt8], _ former: MemberRecord) -> Bool {
        bytes.isEmpty || group.isCredential(bytes, of: former, reader: settings.credentialReader)
    }

    private func credential(
        for roles: Roles, _ join: JoinRequest, former: MemberRecord?
    ) throws(JoinRefusal) -> ProvidedCredential? {
        // GM-0086
        guard roles != .monitor else { return nil }
        // GM-0084
        guard let bytes = join.clientCredential else { throw .credentialMissing }
        guard let evidence = join.clientEvidence else {
            // GM-0087 to GM-0089: without a proof it has to be what was proven before, and stays what it came in then.
            guard let former, let stored = group.provided(by: former, reader: settings.credentialReader),
                isStored(bytes, former)
            else { throw .credentialMissing }
            return stored
        }
        // GM-0090
        guard !bytes.isEmpty else { throw .credentialMissing }
        // GM-0066
        guard !requester.client.kdcChallenge.isEmpty else { throw .challengeMissing }
        return try CredentialCheck(
            state: state, settings: settings, group: group, kdcChallenge: requester.client.kdcChallenge,
            now: requester.now
        ).check(bytes, evidence: evidence, scope: join.scope, clientNonce: join.clientNonce)
    }

    // GM-0130: member, Sender ID and names become durable in one step, before the answer.
    private func accepted(
        _ newcomer: MemberRecord, _ join: JoinRequest, former: MemberRecord?, publicKey: PublicKey?,
        random: inout some RandomNumberGenerator
    ) throws(JoinRefusal) -> Decision {
        var member = newcomer
        var writes: [ManagerWrite] = []
        var events: [ManagerEvent] = []
        var elders: [EvictedMember] = []
        var group = self.group
        // GM-0125, GM-0126: whoever comes new gets keys that nobody had before, in the same step.
        if former == nil, let rekeyed = try rekeyed(random: &random) {
            writes = rekeyed.made.writes
            events =
                [.rekeyed(group: group.record.name, version: rekeyed.made.rekeying.version)] + rekeyed.made.evictions
            elders = rekeyed.made.elders.map { EvictedMember($0, in: state, mayReturn: true) }
            group = rekeyed.group
            member.keyVersion = group.record.version
            if member.birthGroupID != nil { member.birthGroupID = group.record.groupID }
        }
        if let former {
            if member.senderID != former.senderID {
                // GM-0242, GM-0246
                if let stale = former.senderID { writes.append(group.staleness(of: stale)) }
                if let senderID = member.senderID { writes.append(assignment(of: senderID, in: group)) }
            }
            writes.append(.replaceMember(member))
        } else {
            member.nodeName = group.nodeName(for: member.client, named: member.name)
            if group.nodeNames[member.nodeName] == nil {
                writes.append(
                    .assignNodeName(
                        NodeNameRecord(
                            groupName: member.groupName, nodeName: member.nodeName, client: member.client)))
            }
            if let senderID = member.senderID { writes.append(assignment(of: senderID, in: group)) }
            writes.append(.insertMember(member))
        }
        let payload = try JoinAnswer(
            state: state, group: group, join: join, member: member, publicKey: publicKey, now: requester.now
        ).encode(random: &random)
        var answer = ResourceResponse.groupcomm(former == nil ? .created : .changed, payload)
        // GM-0103
        answer.options.locationPath = ["ace-group", group.record.name, "nodes", member.nodeName]
        var decision = Decision(answer, writes: writes, events: events + [event(member, former: former)])
        decision.evicted = elders
        return decision
    }

    /// New keys before somebody new gets them; `nil` where those that there are do.
    private func rekeyed(
        random: inout some RandomNumberGenerator
    ) throws(JoinRefusal) -> (made: Rekeying, group: GroupState)? {
        // GM-0389: an elder that comes back is no reason, for it was there a moment ago.
        guard group.record.rekeyingPolicy.onJoin, !hasUnseenKeys,
            !group.record.latestRekeying.elders.contains(requester.client.client)
        else { return nil }
        let procedure = RekeyingProcedure(state: state, settings: settings, group: group, now: requester.now)
        var after = state
        guard let made = procedure.decide(evicts: false, random: &random),
            (try? after.apply(made.writes)) != nil, let group = after.groups[group.record.name]
        else { throw .internalFault }
        return (made, group)
    }

    private func assignment(of senderID: [UInt8], in group: GroupState) -> ManagerWrite {
        group.assignment(of: senderID, to: requester.client.client, at: requester.now)
    }

    private func event(_ member: MemberRecord, former: MemberRecord?) -> ManagerEvent {
        let group = member.groupName
        guard let former else {
            return .joined(
                group: group, node: member.name, senderID: member.senderID, roles: Roles(rawValue: member.roles))
        }
        guard former.senderID != member.senderID || former.roles != member.roles else {
            return .joinRepeated(group: group, node: member.name)
        }
        return .rejoined(
            group: group, node: member.name, senderID: member.senderID, roles: Roles(rawValue: member.roles))
    }

    /// What the client is called: what the operator said, or the authorization server, or anything that is free.
    private func freeName(random: inout some RandomNumberGenerator) -> String {
        let client = requester.client.client
        let invitation = state.invitation(of: client)
        let wanted = invitation?.nodeName ?? client.subject
        if let wanted, Names.isValid(wanted), group.members[wanted] == nil,
            // Where two authorization servers give names, that of the operator counts.
            invitation != nil || !isPromised(wanted)
        {
            return wanted
        }
        while true {
            let name = "node-" + Hex.encode(random.bytes(4))
            if group.members[name] == nil { return name }
        }
    }

    /// Whether somebody was invited under a name who may still join, or join again.
    private func isPromised(_ name: String) -> Bool {
        state.invitations(to: group.record.name, for: name).contains { invitation in
            !state.isVoid(invitation, of: ClientIdentity(invitation: invitation.clientSenderID))
                && (invitation.consumedBy != nil || requester.now < invitation.expiry)
        }
    }
}
