public import ACEGroupcomm
public import Bytes
import CoAP
public import CoAPEngine
import CryptoPrimitives
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Joins the group of an invitation: keys and identifiers become durable first, then the Join Request leaves.
    ///
    /// Token, upload and join follow each other; each may be interrupted. The upload tells which keys and credentials the
    /// group has; the node's own are made then. Told by ``NodeEffect/joined(_:)`` or
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
        beginAssociationAnew()
        hasRetriedJoin = false
        noteTime(wallClock, at: now)
        draft.continuations.append(.sendJoin)
        flush(into: &effects)
    }

    /// Makes the association unless an interrupted join has made it already.
    private func prepare(
        _ invitation: Invitation, random: inout some RandomNumberGenerator
    ) throws(JoinFailure) {
        if let record = associationRecord {
            guard record.clientSenderID == invitation.clientSenderID,
                ConstantTime.equal(record.masterSecret.bytes, invitation.masterSecret.span)
            else { throw .otherInvitation }
            return
        }
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
        associationRecord = record
        draft.writes.append(.saveAssociation(record))
    }

    /// The Join Request of draft-ietf-ace-key-groupcomm-oscore §6.1.
    func joinRequest() throws(JoinFailure) -> Message {
        guard let record = associationRecord, let link else { throw .badManagerAddress }
        let path = ["ace-group", record.groupName]
        let entry = ScopeEntry(groupName: record.groupName, roles: link.grantedRoles)
        var request = JoinRequest(scopeEntry: entry, getCreds: .relevant, clientNonce: record.clientNonce)
        // GM-0316: a node observes nothing.
        request.controlURI = controlPort.flatMap { link.controlURI(port: $0) }
        // GM-0085: a monitor has no credential in the group, and nothing to prove.
        if entry.roles != .monitor {
            // GM-0101: an empty request asks what there is to know.
            guard let terms = link.terms else { return .post(path) }
            // GM-0068: the manager's latest challenge.
            let input = ProofOfPossession.clientInput(
                scope: request.scope.span, kdcChallenge: link.kdcChallenge.span, clientNonce: record.clientNonce.span)
            request.clientCredential = identity?.credential
            request.clientEvidence = try ownProof(over: input, terms)
        }
        return .post(path, .aceGroupcomm, request.encoded())
    }

    /// Where the manager of an invitation listens; `nil` if its address is no `[address]:port`.
    public static func managerEndpoint(_ address: String) -> SocketAddress? {
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
