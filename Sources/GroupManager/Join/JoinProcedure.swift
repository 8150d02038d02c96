import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CryptoPrimitives

#if GOSC_TEST_GUARDS
    import OSCORE
#endif

/// POST `/ace-group/GROUPNAME` (draft-ietf-ace-key-groupcomm-oscore §6), from the verified request to the decision.
struct JoinProcedure: Sendable {
    let state: ManagerState
    let settings: ManagerSettings
    let caller: Caller
    /// The group in the path.
    let groupName: String
    let request: Message

    /// Decides. Changes nothing: what is to change is in the decision.
    func decide(random: inout some RandomNumberGenerator) -> Decision {
        do {
            return try join(random: &random)
        } catch {
            return Decision(
                answer: refusalAnswer(error),
                events: [.joinRefused(group: groupName, node: caller.invitation.nodeName, reason: error)])
        }
    }

    // GM-0141: the order of the checks is fixed.
    private func join(random: inout some RandomNumberGenerator) throws(JoinRefusal) -> Decision {
        try checkInvitation()
        // GM-0158: only whoever was invited to a group can tell whether it exists.
        guard let group = state.groups[groupName] else { throw .groupUnknown }
        // GM-0098
        guard group.configuration.active else { throw .groupInactive }
        if let member = state.member(of: caller.association) {
            return try repeated(member)
        }
        let join = try decodeRequest()
        let roles = try checkScope(join)
        let controlURI = try checkControlURI(join)
        var senderID: [UInt8]?
        var credential: AuthenticationCredential?
        if roles != .monitor {
            // GM-0099: a monitor needs no Sender ID.
            senderID = state.unusedSenderID(in: group)
            guard senderID != nil else { throw .noSenderID }
            credential = try checkCredential(join, in: group)
        }
        let answer = try JoinAnswer(state: state, caller: caller, group: group, join: join, senderID: senderID)
            .encode(random: &random)
        return accepted(
            join, in: group, senderID: senderID, credential: credential, controlURI: controlURI, answer: answer)
    }

    // GM-0082: the invitation stands where a token would; it is for one group and one association.
    private func checkInvitation() throws(JoinRefusal) {
        guard caller.invitation.groupName == groupName else { throw .wrongGroup }
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.invitation) { return }
        #endif
        if let user = caller.invitation.consumedBy {
            guard user == caller.association.idContext else { throw .invitationUsed }
            return
        }
        guard caller.now < caller.invitation.expiry else { throw .invitationExpired }
        let key = ManagerState.MemberKey(groupName: groupName, name: caller.invitation.nodeName)
        guard state.members[key] == nil else { throw .invitationUsed }
    }

    // GM-0129: the same join again gets the same answer and takes nothing.
    private func repeated(_ member: MemberRecord) throws(JoinRefusal) -> Decision {
        guard SHA256.hash(request.payload.span) == member.joinRequestHash else { throw .alreadyJoined }
        return Decision(
            answer: success(nodeName: member.name, payload: [UInt8](copying: member.joinAnswer.bytes)),
            events: [.joinRepeated(group: groupName, node: member.name)])
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
        guard join.scopeEntry.groupName == groupName else { throw .scopeMismatch }
        let roles = join.scopeEntry.roles
        // GM-0079, GM-0302: monitor alone, and never a verifier.
        guard roles.mayJoin else { throw .rolesNotPossible }
        // GM-0081
        guard roles.isSubset(of: Roles(rawValue: caller.invitation.roles)) else { throw .rolesNotGranted }
        return roles
    }

    /// The URI to keep; `nil` if there is none that may be kept.
    private func checkControlURI(_ join: JoinRequest) throws(JoinRefusal) -> String? {
        guard let text = join.controlURI else { return nil }
        guard let uri = try? CoAPURI(parsing: text) else { throw .controlURI }
        // GM-0096
        guard uri.path != ["ace-group", groupName] else { throw .controlURI }
        guard text.utf8.count <= 255 else { throw .controlURI }
        // GM-0097: rekeying traffic cannot be aimed at third parties.
        guard case .address(caller.address, zone: _) = uri.host else { return nil }
        return text
    }

    private func checkCredential(_ join: JoinRequest, in group: ManagerState.Group) throws(JoinRefusal)
        -> AuthenticationCredential
    {
        // GM-0084, GM-0090: nothing is stored for a newcomer, so both are needed and the credential is not empty.
        guard let bytes = join.clientCredential, !bytes.isEmpty, let evidence = join.clientEvidence else {
            throw .credentialMissing
        }
        guard bytes.count <= Self.maximumCredentialCount else { throw .credentialIncompatible(.tooLong) }
        // GM-0140
        let credential: AuthenticationCredential
        do {
            credential = try CredentialReader.standard.credential(
                bytes.span, format: group.configuration.credentialFormat,
                validAt: settings.acceptsExpiredCredentials ? nil : Int64(clamping: caller.now))
        } catch {
            throw .credentialIncompatible(.unreadable(error))
        }
        // GOSC-0054: a key that the group cannot verify with never enters the roster, however well it signs.
        if let signature = group.configuration.groupMode?.signature {
            guard signature.isUsable(with: credential.publicKey.kind) else {
                throw .credentialIncompatible(.misfit(.signature(credential.publicKey.kind, signature)))
            }
        }
        let challenge: [UInt8]
        do {
            challenge = try InvitationAssociation.kdcChallenge(
                masterSecret: caller.invitation.masterSecret.bytes, idContext: caller.association.idContext.span)
        } catch {
            throw .internalFault
        }
        // GM-0131, GM-0132, GM-0148, GM-0149: over the scope as received, before anything is given away.
        let input = ProofOfPossession.clientInput(
            scope: join.scope.span, kdcChallenge: challenge.span, clientNonce: join.clientNonce.span)
        guard credential.publicKey.isValidSignature(evidence.span, for: input.span) else { throw .evidenceInvalid }
        return credential
    }

    /// A CCS with an Ed25519 key has about 50 bytes, and some claims beside it do no harm.
    private static let maximumCredentialCount = 512

    // GM-0130: member, Sender ID and used invitation become durable in one step, before the answer.
    private func accepted(
        _ join: JoinRequest, in group: ManagerState.Group, senderID: [UInt8]?,
        credential: AuthenticationCredential?, controlURI: String?, answer: [UInt8]
    ) -> Decision {
        var writes: [ManagerWrite] = [.consumeInvitation(caller.association)]
        #if GOSC_TEST_GUARDS
            // Whoever gets in with a used invitation needs a name of its own in the roster.
            let isUsed = TestGuards.isOff(.invitation) && caller.invitation.consumedBy != nil
            if isUsed { writes = [] }
            let name = caller.invitation.nodeName + (isUsed ? "-again" : "")
        #else
            let name = caller.invitation.nodeName
        #endif
        let member = MemberRecord(
            groupName: groupName, name: name, roles: join.scopeEntry.roles.rawValue,
            // GOSC-0059: what members keep, not what it came in.
            senderID: senderID, credential: credential?.bytes, scope: join.scope,
            clientNonce: join.clientNonce, controlURI: controlURI, association: caller.association,
            joinedAt: caller.now, joinRequestHash: SHA256.hash(request.payload.span),
            joinAnswer: SecretField(copying: answer.span))
        if let senderID {
            writes.append(
                .assignSenderID(
                    AssignedSenderIDRecord(
                        groupName: groupName, groupID: group.record.groupID, senderID: senderID)))
        }
        writes.append(.insertMember(member))
        return Decision(
            answer: success(nodeName: member.name, payload: answer), writes: writes,
            events: [
                .joined(group: groupName, node: member.name, senderID: senderID, roles: join.scopeEntry.roles)
            ])
    }

    private func success(nodeName: String, payload: [UInt8]) -> Message {
        // GM-0102, GM-0103
        var message = Message.groupcomm(.created, payload)
        message.options.locationPath = ["ace-group", groupName, "nodes", nodeName]
        return message
    }
}
