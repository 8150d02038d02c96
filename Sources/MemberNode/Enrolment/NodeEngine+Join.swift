public import ACEGroupcomm
import Bytes
import COSE
import CoAP
public import CoAPEngine
import CryptoPrimitives
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Joins the group of an invitation: keys and identifiers become durable first, then the Join Request leaves.
    ///
    /// Told by ``NodeEffect/joined(_:)`` or ``NodeEffect/joinFailed(_:)``. After a failure or a crash the same invitation
    /// may be used again from the same state; the manager then gives the same answer.
    ///
    /// - Parameters:
    ///   - invitation: What the operator handed over.
    ///   - wallClock: To see whether the invitation has expired.
    public func join(
        _ invitation: Invitation, wallClock: UnixTime, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        do throws(JoinFailure) {
            guard membership == nil else { throw JoinFailure.alreadyJoined }
            guard !isJoining else { return }
            guard wallClock < UnixTime(seconds: invitation.expiry) else { throw JoinFailure.expired }
            guard Self.managerEndpoint(invitation.managerAddress) != nil else { throw JoinFailure.badManagerAddress }
            try prepare(invitation, random: &random)
        } catch {
            effects.append(.joinFailed(error))
            return
        }
        isJoining = true
        reserve()
        draft.continuations.append(.sendJoin)
        flush(into: &effects)
    }

    /// Makes key pair and association unless an interrupted join has made them already.
    private func prepare(
        _ invitation: Invitation, random: inout some RandomNumberGenerator
    ) throws(JoinFailure) {
        if let record = associationRecord {
            guard record.clientSenderID == invitation.clientSenderID,
                ConstantTime.equal(record.masterSecret.bytes, invitation.masterSecret.span)
            else { throw .otherInvitation }
            return
        }
        let identity = try makeIdentity(name: invitation.nodeName, random: &random)
        let record = NodeAssociationRecord(
            managerAddress: invitation.managerAddress,
            masterSecret: SecretField(copying: invitation.masterSecret.span),
            idContext: random.bytes(InvitationAssociation.idContextCount),
            clientSenderID: invitation.clientSenderID, managerSenderID: invitation.managerSenderID,
            groupName: invitation.groupName, nodeName: invitation.nodeName, roles: invitation.roles,
            managerCredentialHash: invitation.managerCredentialHash, clientNonce: random.bytes(Self.nonceCount),
            reservedEnd: 0)
        do {
            association = try Self.association(record, block: configuration.reservationBlock)
        } catch {
            throw .unsupportedGroup
        }
        self.identity = identity
        associationRecord = record
        draft.writes += [.saveIdentity(identity), .saveAssociation(record)]
    }

    private func makeIdentity(
        name: String, random: inout some RandomNumberGenerator
    ) throws(JoinFailure) -> IdentityRecord {
        if let identity { return identity }
        do {
            let key = try Ed25519PrivateKey.generate(using: &random)
            let credential = AuthenticationCredential.ccs(subject: name, publicKey: key.publicKey)
            return IdentityRecord(privateKeySeed: SecretField(copying: key.seed), credential: credential.bytes)
        } catch {
            throw .unsupportedGroup
        }
    }

    /// Sends the Join Request; everything that it promises is durable now.
    func sendJoinRequest(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        do {
            let request = try joinRequest()
            try ask(request, kind: .join, at: now, random: &random, effects: &effects)
        } catch {
            isJoining = false
            effects.append(.joinFailed(error))
        }
    }

    /// The Join Request of draft-ietf-ace-key-groupcomm-oscore §6.1, the same bytes each time.
    private func joinRequest() throws(JoinFailure) -> Message {
        guard let record = associationRecord, let identity else { throw .malformedAnswer }
        let entry = ScopeEntry(groupName: record.groupName, roles: record.roles)
        var request = JoinRequest(
            scopeEntry: entry, getCreds: .relevant, clientCredential: identity.credential,
            clientNonce: record.clientNonce)
        do {
            let challenge = try InvitationAssociation.kdcChallenge(
                masterSecret: record.masterSecret.bytes, idContext: record.idContext.span)
            let input = ProofOfPossession.clientInput(
                scope: request.scope.span, kdcChallenge: challenge.span, clientNonce: record.clientNonce.span)
            let key = try Ed25519PrivateKey(seed: identity.privateKeySeed.bytes)
            request.clientEvidence = try [UInt8](capacity: Ed25519PublicKey.signatureLength) {
                output throws(CryptoError) in try key.sign(input.span, into: &output)
            }
        } catch {
            throw .unsupportedGroup
        }
        var options = Options()
        options.uriPath = ["ace-group", record.groupName]
        options.contentFormat = .aceGroupcomm
        return Message(code: .post, options: options, payload: request.encoded())
    }

    /// Checks the manager's answer and keeps the group context before it is used.
    func takeJoinResponse(_ response: Message, effects: inout [NodeEffect]) {
        do {
            let (record, peers) = try membershipRecord(from: response)
            draft.writes.append(.saveMembership(record, peers: peers))
            draft.continuations.append(.joined(record, peers))
        } catch {
            isJoining = false
            effects.append(.joinFailed(error))
        }
    }

    private func membershipRecord(
        from response: Message
    ) throws(JoinFailure) -> (MembershipRecord, [PeerRecord]) {
        guard let association = associationRecord, let identity else { throw .malformedAnswer }
        guard response.code == .created || response.code == .changed else {
            let detail = (try? ProblemDetails(decoding: response.payload.span)).flatMap { $0.detail ?? $0.title }
            throw .refused(response.code, detail: detail)
        }
        guard var answer = try? JoinResponse(decoding: response.payload.span) else { throw .malformedAnswer }
        defer { answer.key.wipe() }
        let managerCredential = try checkManager(of: answer, association: association)
        guard let senderID = answer.key.senderID, let groupMode = answer.key.groupMode else { throw .unsupportedGroup }
        let record = MembershipRecord(
            groupName: association.groupName, memberName: answer.network?.memberName ?? association.nodeName,
            groupID: answer.key.groupID, version: answer.version,
            masterSecret: SecretField(copying: answer.key.masterSecret.span), masterSalt: answer.key.masterSalt,
            algorithms: GroupAlgorithms(
                aead: answer.key.pairwiseMode?.aead, groupEncryption: groupMode.encryption,
                signature: groupMode.signature, pairwiseKeyAgreement: answer.key.pairwiseMode?.keyAgreement,
                hkdf: answer.key.hkdf), credentialFormat: answer.key.credentialFormat,
            managerCredential: managerCredential.bytes, senderID: senderID, roles: association.roles,
            network: answer.network, reservedEnd: 0)
        let peers = (answer.peers ?? []).map(PeerRecord.init)
        // A context that cannot be built now could not be built after the next start either.
        do {
            let state = NodeState(identity: identity, membership: record, peers: peers)
            _ = try NodeEngine(state: state, configuration: configuration)
        } catch {
            throw .unsupportedGroup
        }
        return (record, peers)
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
    func becomeMember(_ record: MembershipRecord, peers records: [PeerRecord], effects: inout [NodeEffect]) {
        isJoining = false
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
        effects.append(
            .joined(
                MembershipSummary(
                    groupName: record.groupName, memberName: record.memberName, senderID: Hex.encode(record.senderID),
                    groupID: Hex.encode(record.groupID), peers: peers.count)))
    }

    /// Where the manager of an invitation listens; `nil` if its address is no `[address]:port`.
    static func managerEndpoint(_ address: String) -> SocketAddress? {
        guard let uri = try? CoAPURI(parsing: "coap://" + address), case .address(let host, zone: nil) = uri.host,
            !host.isMulticast
        else { return nil }
        return SocketAddress(host, port: uri.port)
    }

    private static let nonceCount = 8
}

extension PeerRecord {
    init(_ peer: ACEGroupcomm.Peer) {
        self.init(senderID: peer.senderID, credential: peer.credential, roles: peer.roles, name: peer.name)
    }
}
