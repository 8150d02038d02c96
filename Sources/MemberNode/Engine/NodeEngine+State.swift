import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives
import GroupOSCORE
import OSCORE

extension NodeEngine {
    /// Derives the association with the authorization server from its record.
    static func link(
        _ record: NodeAssociationRecord, token: NodeTokenRecord?, configuration: NodeConfiguration
    ) throws(NodeStateError) -> ManagerLink {
        guard let senderID = SenderID(record.clientSenderID), let recipientID = SenderID(record.managerSenderID),
            let address = managerEndpoint(record.managerAddress)
        else { throw .association }
        do {
            let association = try SecurityContext(
                masterSecret: record.masterSecret.bytes, masterSalt: [UInt8]().span, idContext: record.idContext,
                senderID: senderID, recipientID: recipientID,
                reservation: SequenceReservation(
                    resumingAt: record.reservedEnd, blockSize: configuration.reservationBlock),
                replayWindow: ReplayWindow())
            return ManagerLink(
                to: address, for: ScopeEntry(groupName: record.groupName, roles: record.roles),
                association: association, token: token, configuration: configuration)
        } catch {
            throw .association
        }
    }

    /// Derives the group context from its record; it knows no other member yet.
    func groupContext(_ record: MembershipRecord) throws(NodeStateError) -> GroupContext {
        guard let groupID = GroupID(record.groupID), let senderID = SenderID(record.senderID) else {
            throw .membership
        }
        do {
            if record.roles == .monitor {
                return try GroupContext(
                    silentServerOf: groupID, masterSecret: record.masterSecret.bytes, masterSalt: record.masterSalt,
                    algorithms: record.algorithms, managerCredential: record.managerCredential,
                    keyGeneration: record.version, replayWindowSize: configuration.replayWindowSize)
            }
            guard let identity else { throw NodeStateError.membership }
            return try GroupContext(
                groupID: groupID, masterSecret: record.masterSecret.bytes, masterSalt: record.masterSalt,
                algorithms: record.algorithms, managerCredential: record.managerCredential,
                keyGeneration: record.version, senderID: senderID,
                credential: credentials.reader.credential(
                    identity.credential.span, format: record.credentialFormat),
                privateKey: Self.privateKey(of: identity),
                reservation: numbers(from: record.reservedEnd), replayWindowSize: configuration.replayWindowSize)
        } catch {
            throw .membership
        }
    }

    /// The private key of this member's credential, for its group context and for proofs that it holds it.
    static func privateKey(of identity: IdentityRecord) throws(CryptoError) -> PrivateKey {
        try PrivateKey(identity.keyKind, secret: identity.privatePart.bytes)
    }

    /// Numbers of the group context from `end` on.
    func numbers(from end: UInt64) -> SequenceReservation {
        SequenceReservation(
            resumingAt: end, blockSize: configuration.reservationBlock, lastNumber: configuration.lastSequenceNumber)
    }

    /// Makes other members known to the group context. Members that are known already keep their windows.
    func learn(_ records: [PeerRecord]) throws(NodeStateError) {
        guard let generations, let membership else { return }
        for record in records where record.senderID != membership.senderID {
            guard let senderID = SenderID(record.senderID) else { throw .peer }
            // A Sender ID belongs to one member for as long as the Gid lasts, so what is known stays.
            if generations.credentials[senderID] == nil {
                do {
                    let credential = try credentials.reader.credential(
                        record.credential.span, format: membership.credentialFormat)
                    let former = MemberIdentity(groupID: membership.groupID, senderID: record.senderID)
                    try generations.learn(senderID, credential: credential, replayWindow: formerWindows[former])
                } catch {
                    throw .peer
                }
            }
            peers[senderID] = Peer(roles: record.roles, name: record.name)
        }
    }

    /// Puts stored replay windows back in force.
    func restore(_ windows: [NodeReplayWindowRecord], groupID: [UInt8]) throws(NodeStateError) {
        guard let group else { return }
        for record in windows where record.groupID == groupID {
            guard let senderID = SenderID(record.senderID), let credential = group.credential(of: senderID) else {
                throw .window
            }
            do {
                try group.addRecipient(
                    senderID, credential: credential, replayWindow: ReplayWindow(restoring: record.window))
            } catch {
                throw .window
            }
        }
    }

    /// How a member is called in tables: by its name, else by its Sender ID.
    func displayName(of senderID: SenderID) -> String {
        peers[senderID]?.name ?? senderID.description
    }
}
