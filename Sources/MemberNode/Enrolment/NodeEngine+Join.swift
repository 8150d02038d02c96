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
    /// Token, upload and join follow each other; each may be interrupted. Told by ``NodeEffect/joined(_:)`` or
    /// ``NodeEffect/joinFailed(_:)``. After a failure or a crash the same invitation
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
        hasRetriedJoin = false
        noteTime(wallClock, at: now)
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
            link = try Self.link(record, token: nil, configuration: configuration)
        } catch {
            throw .unsupportedGroup
        }
        self.identity = identity
        associationRecord = record
        draft.writes += [.saveIdentity(identity), .saveAssociation(record)]
    }

    func makeIdentity(
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

    /// The Join Request of draft-ietf-ace-key-groupcomm-oscore §6.1; `nil` if this node cannot make one.
    func joinRequest() -> Message? {
        guard let record = associationRecord, let identity, let link else { return nil }
        let entry = ScopeEntry(groupName: record.groupName, roles: link.grantedRoles)
        var request = JoinRequest(scopeEntry: entry, getCreds: .relevant, clientNonce: record.clientNonce)
        // GM-0085: a monitor has no credential in the group, and nothing to prove.
        if entry.roles != .monitor {
            request.clientCredential = identity.credential
            // GM-0068: the manager's latest challenge.
            let input = ProofOfPossession.clientInput(
                scope: request.scope.span, kdcChallenge: link.kdcChallenge.span, clientNonce: record.clientNonce.span)
            do {
                let key = try Ed25519PrivateKey(seed: identity.privateKeySeed.bytes)
                // GM-0139: never empty.
                request.clientEvidence = try [UInt8](capacity: Ed25519PublicKey.signatureLength) {
                    output throws(CryptoError) in try key.sign(input.span, into: &output)
                }
            } catch {
                return nil
            }
        }
        return .post(["ace-group", record.groupName], .aceGroupcomm, request.encoded())
    }

    /// Where the manager of an invitation listens; `nil` if its address is no `[address]:port`.
    static func managerEndpoint(_ address: String) -> SocketAddress? {
        guard let uri = try? CoAPURI(parsing: "coap://" + address), case .address(let host, zone: nil) = uri.host,
            !host.isMulticast
        else { return nil }
        return SocketAddress(host, port: uri.port)
    }

    static let nonceCount = 8
}

extension PeerRecord {
    init(_ peer: ACEGroupcomm.Peer) {
        self.init(senderID: peer.senderID, credential: peer.credential, roles: peer.roles, name: peer.name)
    }
}
