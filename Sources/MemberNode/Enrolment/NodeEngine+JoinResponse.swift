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
        do {
            if try retriesJoin(after: response, random: &random) {
                ask(.join, isUrgent: true, at: now, random: &random, effects: &effects)
                return
            }
            let (record, peers) = try membershipRecord(from: response, at: now, effects: &effects)
            draft.writes.append(.saveMembership(record, peers: peers))
            draft.continuations.append(.joined(record, peers))
        } catch {
            // GM-0146: whatever this answer was made for, the next one is made for something else.
            if error == .managerProof || error == .malformedAnswer { renewClientNonce(random: &random) }
            joinFailed(error, effects: &effects)
        }
    }

    /// Whether a refused join is worth one more attempt; prepares it.
    private func retriesJoin(
        after response: Message, random: inout some RandomNumberGenerator
    ) throws(JoinFailure) -> Bool {
        guard !response.code.isSuccess, let link else { return false }
        let isInformation = response.options.contentFormat == .aceGroupcomm
        if isInformation, link.terms == nil, link.grantedRoles != .monitor {
            // What was sent only asked, and was no attempt.
            _ = try takesNews(from: response, link)
            guard link.terms != nil else { throw .unsupportedGroup }
            return true
        }
        let reaction = ProblemDetails(of: response)?.error.flatMap(ErrorReaction.init)
        // Perhaps the group has become another one: the next join begins with what it is then.
        if reaction == .newKeyPair { link.renew(.upload) }
        guard !hasRetriedJoin else { return false }
        if isInformation {
            guard try takesNews(from: response, link) else { return false }
        } else {
            switch reaction {
            case .proveAnew: link.renew(.upload)
            case .joinWithGrantedRoles: link.renew(.token)
            case .newKeyPair:
                // GM-0368: whoever joins is known by this credential nowhere, so nothing is lost.
                refusedCredential = identity?.credential
                // GM-0071: it is another join.
                renewClientNonce(random: &random)
            case .join, .wait, .forget, .cleanUp, .stop, nil: return false
            }
        }
        hasRetriedJoin = true
        return true
    }

    /// Takes what a 4.00 tells of the group; `false` if none of it is new.
    private func takesNews(from response: Message, _ link: ManagerLink) throws(JoinFailure) -> Bool {
        guard let information = try? JoinErrorInformation(decoding: response.payload.span) else { return false }
        var isNew = false
        // GM-0066, GM-0068
        if let challenge = information.kdcChallenge, !challenge.isEmpty {
            link.kdcChallenge = challenge
            isNew = true
        }
        // GM-0100
        if link.grantedRoles != .monitor,
            let told = try JoinTerms.read(information, group: link.wanted.groupName, after: link.terms),
            told != link.terms
        {
            link.terms = told
            isNew = true
        }
        return isNew
    }

    private func membershipRecord(
        from response: Message, at now: MonotonicInstant, effects: inout [NodeEffect]
    ) throws(JoinFailure) -> (MembershipRecord, [PeerRecord]) {
        guard let association = associationRecord, let link else { throw .malformedAnswer }
        guard response.code == .created || response.code == .changed else {
            throw .refused(response.code, detail: ProblemDetails(of: response)?.text)
        }
        // GM-0105, GM-0106, GM-0116, GM-0121: what is missing or of another profile does not decode.
        guard var answer = try? JoinResponse(decoding: response.payload.span) else { throw .malformedAnswer }
        defer { answer.key.wipe() }
        let managerCredential = try checkManager(of: answer, association: association)
        let roles = link.grantedRoles
        // GM-0117: one kind of keys for all, this node's among them.
        guard roles == .monitor || identity.map({ answer.key.keyKind == $0.keyKind }) == true else {
            throw .unsupportedGroup
        }
        guard let senderID = roles == .monitor ? [] : answer.key.senderID else { throw .malformedAnswer }
        // Its numbers are used, and nobody knows which of them.
        guard roles == .monitor || isUnused(senderID, groupID: answer.key.groupID) else { throw .malformedAnswer }
        let record = MembershipRecord(
            groupName: association.groupName,
            memberName: nodeName(in: response) ?? answer.network?.memberName ?? association.nodeName,
            groupID: answer.key.groupID, version: answer.version,
            masterSecret: SecretField(copying: answer.key.masterSecret.span), masterSalt: answer.key.masterSalt,
            algorithms: GroupAlgorithms(
                aead: answer.key.pairwiseMode?.aead, groupEncryption: answer.key.groupMode?.encryption,
                signature: answer.key.groupMode?.signature,
                pairwiseKeyAgreement: answer.key.pairwiseMode?.keyAgreement, hkdf: answer.key.hkdf),
            credentialFormat: answer.key.credentialFormat,
            managerCredential: managerCredential.bytes, senderID: senderID, roles: roles,
            network: answer.network, reservedEnd: 0)
        let peers = usable(answer.peers ?? [], in: record, known: [], effects: &effects)
        // A context that cannot be built now could not be built after the next start either.
        do {
            let state = NodeState(identity: identity, membership: record, peers: peers)
            _ = try NodeEngine(state: state, configuration: configuration, credentials: credentials)
        } catch {
            throw .unsupportedGroup
        }
        policies = answer.policies ?? GroupPolicies()
        keysExpireAt = expiry(expiration: answer.expiration, expiresIn: answer.expiresIn, at: now)
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
        return try provenManager(
            ManagerCredentialAnswer(
                credential: answer.kdcCredential, nonce: answer.kdcNonce, evidence: answer.kdcEvidence),
            format: answer.key.credentialFormat, isSigned: answer.key.groupMode != nil)
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
            generations = try generations(of: record)
            try learn(records)
        } catch {
            // Built once already before it was stored.
            joinFailed(.unsupportedGroup, effects: &effects)
            return
        }
        probeNetwork()
        reserve()
        scheduleChecks(at: now)
        renewal = KeyRenewal()
        scheduleExpiry(at: now)
        effects.append(
            .joined(
                MembershipSummary(
                    groupName: record.groupName, memberName: record.displayName, senderID: Hex.encode(record.senderID),
                    groupID: Hex.encode(record.groupID), peers: peers.count)))
        if leavesWhenJoined { noteLeaving() }
    }

    /// The join that was under way has come to nothing.
    func joinFailed(_ failure: JoinFailure, effects: inout [NodeEffect]) {
        isJoining = false
        effects.append(.joinFailed(failure))
        guard leavesWhenJoined else { return }
        leavesWhenJoined = false
        effects.append(.leaveFailed(.notJoined))
    }
}
