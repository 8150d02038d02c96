import ACEGroupcomm
import Bytes
import COSE
import CoAP
import CoAPEngine
import CryptoPrimitives
import GroupOSCORE

extension NodeEngine {
    /// Checks the manager's answer and keeps the group context before it is used.
    func takeJoinResponse(
        _ response: Message, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        if replacesKeyPair(after: response, random: &random) { return }
        if retriesJoin(after: response) {
            ask(.join, isUrgent: true, at: now, random: &random, effects: &effects)
            return
        }
        do {
            let (record, peers) = try membershipRecord(from: response, at: now)
            draft.writes.append(.saveMembership(record, peers: peers))
            draft.continuations.append(.joined(record, peers))
        } catch {
            isJoining = false
            // GM-0146: whatever this answer was made for, the next one is made for something else.
            if error == .managerProof || error == .malformedAnswer { renewClientNonce(random: &random) }
            effects.append(.joinFailed(error))
        }
    }

    // GM-0368
    /// Whether the manager wants another key pair; makes one, and joins once more with that when it is durable.
    ///
    /// Nothing is lost by that: whoever joins is known by this credential nowhere.
    private func replacesKeyPair(
        after response: Message, random: inout some RandomNumberGenerator
    ) -> Bool {
        guard !response.code.isSuccess, !hasRetriedJoin, let former = identity, let name = associationRecord?.nodeName,
            ProblemDetails(of: response)?.error.flatMap(ErrorReaction.init) == .newKeyPair
        else { return false }
        identity = nil
        guard let next = try? makeIdentity(name: name, random: &random) else {
            identity = former
            return false
        }
        hasRetriedJoin = true
        identity = next
        draft.writes.append(.replaceIdentity(next))
        // GM-0071: it is another join.
        renewClientNonce(random: &random)
        draft.continuations.append(.identityReplaced(former: former))
        return true
    }

    /// Whether a refused join is worth one more attempt; prepares it.
    private func retriesJoin(after response: Message) -> Bool {
        guard !response.code.isSuccess, !hasRetriedJoin, let link else { return false }
        if response.options.contentFormat == .aceGroupcomm {
            // GM-0066, GM-0068
            let information = try? JoinErrorInformation(decoding: response.payload.span)
            guard let challenge = information?.kdcChallenge, !challenge.isEmpty else { return false }
            link.kdcChallenge = challenge
        } else {
            switch ProblemDetails(of: response)?.error.flatMap(ErrorReaction.init) {
            case .proveAnew: link.renew(.upload)
            case .joinWithGrantedRoles: link.renew(.token)
            case .join, .newKeyPair, .wait, .forget, .cleanUp, .stop, nil: return false
            }
        }
        hasRetriedJoin = true
        return true
    }

    private func membershipRecord(
        from response: Message, at now: MonotonicInstant
    ) throws(JoinFailure) -> (MembershipRecord, [PeerRecord]) {
        guard let association = associationRecord, let identity, let link else { throw .malformedAnswer }
        guard response.code == .created || response.code == .changed else {
            throw .refused(response.code, detail: ProblemDetails(of: response)?.text)
        }
        // GM-0105, GM-0106, GM-0116, GM-0121: what is missing or of another profile does not decode.
        guard var answer = try? JoinResponse(decoding: response.payload.span) else { throw .malformedAnswer }
        defer { answer.key.wipe() }
        let managerCredential = try checkManager(of: answer, association: association)
        let roles = link.grantedRoles
        guard let groupMode = answer.key.groupMode else { throw .unsupportedGroup }
        guard let senderID = roles == .monitor ? [] : answer.key.senderID else { throw .malformedAnswer }
        // Its numbers are used, and nobody knows which of them.
        guard roles == .monitor || isUnused(senderID, groupID: answer.key.groupID) else { throw .malformedAnswer }
        let record = MembershipRecord(
            groupName: association.groupName,
            memberName: nodeName(in: response) ?? answer.network?.memberName ?? association.nodeName,
            groupID: answer.key.groupID, version: answer.version,
            masterSecret: SecretField(copying: answer.key.masterSecret.span), masterSalt: answer.key.masterSalt,
            algorithms: GroupAlgorithms(
                aead: answer.key.pairwiseMode?.aead, groupEncryption: groupMode.encryption,
                signature: groupMode.signature, pairwiseKeyAgreement: answer.key.pairwiseMode?.keyAgreement,
                hkdf: answer.key.hkdf), credentialFormat: answer.key.credentialFormat,
            managerCredential: managerCredential.bytes, senderID: senderID, roles: roles,
            network: answer.network, reservedEnd: 0)
        let peers = (answer.peers ?? []).map(PeerRecord.init)
        // A context that cannot be built now could not be built after the next start either.
        do {
            let state = NodeState(identity: identity, membership: record, peers: peers)
            _ = try NodeEngine(state: state, configuration: configuration)
        } catch {
            throw .unsupportedGroup
        }
        policies = answer.policies ?? GroupPolicies()
        keysExpireAt = clock.map { clock in
            KeyExpiry.time(
                expiration: answer.expiration, expiresIn: answer.expiresIn, received: clock.time(at: now),
                isClockSynchronized: configuration.isClockSynchronized)
        }
        return (record, peers)
    }

    /// The NODENAME: the last segment of the location of this member's resource.
    private func nodeName(in response: Message) -> String? {
        let location = response.options.locationPath
        guard location.count == 4, location[0] == "ace-group", location[2] == "nodes", !location[3].isEmpty else {
            return nil
        }
        return location[3]
    }

    // GOSC-0059: what messages are bound to is the credential alone, without a tag.
    /// The manager is the one that the invitation names, and holds its private key. Answers its credential.
    private func checkManager(
        of answer: JoinResponse, association: NodeAssociationRecord
    ) throws(JoinFailure) -> AuthenticationCredential {
        guard SHA256.hash(answer.kdcCredential.span) == association.managerCredentialHash else { throw .wrongManager }
        let input = ProofOfPossession.managerInput(
            clientNonce: association.clientNonce.span, kdcNonce: answer.kdcNonce.span)
        guard
            let credential = try? AuthenticationCredential(
                parsing: answer.kdcCredential.span, format: answer.key.credentialFormat),
            credential.publicKey.isValidSignature(answer.kdcEvidence.span, for: input.span)
        else { throw .managerProof }
        return credential
    }

    /// The node is a member from here on.
    func becomeMember(
        _ record: MembershipRecord, peers records: [PeerRecord], at now: MonotonicInstant,
        effects: inout [NodeEffect]
    ) {
        isJoining = false
        // Whoever joins an inactive group is refused.
        isGroupActive = true
        membership = record
        do {
            group = try groupContext(record)
            try learn(records)
        } catch {
            // Built once already before it was stored.
            effects.append(.joinFailed(.unsupportedGroup))
            return
        }
        reserve()
        scheduleChecks(at: now)
        effects.append(
            .joined(
                MembershipSummary(
                    groupName: record.groupName, memberName: record.displayName, senderID: Hex.encode(record.senderID),
                    groupID: Hex.encode(record.groupID), peers: peers.count)))
    }
}
