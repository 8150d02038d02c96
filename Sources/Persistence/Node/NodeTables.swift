internal import ACEGroupcomm
internal import Bytes
internal import COSE
internal import CryptoPrimitives
internal import GRDB
internal import GroupOSCORE
internal import MemberNode
internal import OSCORE

/// The tables of a node within one transaction: each write under its guard.
struct NodeTables {
    let db: Database
    let sealing: ColumnSealing

    func apply(_ write: NodeWrite) throws {
        switch write {
        case .saveIdentity(let record):
            // A membership has come of the key that is there.
            try require(db.rows(of: "membership").isEmpty && put(record))
        case .saveAssociation(let record):
            try require(put(record))
        case .reserveAssociation(let end):
            try require(
                db.change(
                    "UPDATE association SET reserved_end = ?1 WHERE reserved_end < ?1", [end.column]))
        case .saveMembership(let record, let peers):
            try replaceMembership(by: record)
            try save(peers, groupID: record.groupID)
        case .renewKeys(let record, let stale, let newcomers):
            try renewKeys(by: record, stale: stale)
            try save(newcomers, groupID: record.groupID)
        case .savePeers(let peers):
            guard let membership = try db.rows(of: "membership").first else { throw NodeCommitFailure.guardFailed }
            try save(peers, groupID: membership.bytes("group_id"))
        case .reserveGroup(let groupID, let end):
            try require(
                db.change(
                    "UPDATE membership SET reserved_end = ?1 WHERE reserved_end < ?1 AND group_id = ?2",
                    [end.column, groupID.column]))
        case .saveWindow(let record):
            try require(put(record))
        case .saveToken(let record):
            try require(put(record))
        case .dropToken:
            try db.change("DELETE FROM token")
        case .saveSenderID(let groupID, let senderID):
            try require(
                db.change(
                    "UPDATE membership SET sender_id = ?2, reserved_end = 0 WHERE group_id = ?1 AND sender_id <> ?2",
                    [groupID.column, senderID.column]))
            try noteUsed(senderID, groupID: groupID)
        case .saveLeaving(let isLeaving):
            try require(db.change("UPDATE membership SET is_leaving = ?", [isLeaving.databaseValue]))
        case .saveManagerCredential(let credential):
            try require(db.change("UPDATE membership SET manager_credential = ?", [credential.column]))
        case .forgetMembership:
            // GOSC-0088: whoever joins again gets the same keys. Windows stay, and the peers that they hang on.
            try db.change("DELETE FROM membership")
            try db.change(
                """
                DELETE FROM peer WHERE NOT EXISTS (SELECT 1 FROM replay_window
                    WHERE replay_window.group_id = peer.group_id AND replay_window.sender_id = peer.sender_id)
                """)
        }
    }

    private func require(_ isDone: Bool) throws(NodeCommitFailure) {
        guard isDone else { throw .guardFailed }
    }

    private func put(_ record: IdentityRecord) throws -> Bool {
        try db.upsert(
            into: "identity", key: ["id"],
            [
                "id": 1.databaseValue,
                "sealed_private_key_seed": sealing.seal(record.privatePart, at: .nodeSeed).column,
                "credential": record.credential.column,
                "curve": record.keyKind.coseCurve.narrowColumn,
                "credential_format": record.credentialFormat.rawValue.narrowColumn,
            ])
    }

    /// Replaces an earlier association; one with the same identifiers has the same keys, and does not go back.
    private func put(_ record: NodeAssociationRecord) throws -> Bool {
        try db.change(
            "DELETE FROM association WHERE id_context <> ? OR client_sender_id <> ?",
            [record.idContext.column, record.clientSenderID.column])
        return try db.upsert(
            into: "association", key: ["id"],
            [
                "id": 1.databaseValue,
                "manager_address": record.managerAddress.databaseValue,
                "sealed_master_secret": sealing.seal(record.masterSecret, at: .associationSecret).column,
                "id_context": record.idContext.column,
                "client_sender_id": record.clientSenderID.column,
                "manager_sender_id": record.managerSenderID.column,
                "group_name": record.groupName.databaseValue,
                "node_name": record.nodeName.databaseValue,
                "roles": record.roles.rawValue.column,
                "manager_credential_hash": record.managerCredentialHash.column,
                "client_nonce": record.clientNonce.column,
                "reserved_end": record.reservedEnd.column,
            ], onlyIf: "excluded.reserved_end >= association.reserved_end")
    }

    private func put(_ record: NodeTokenRecord) throws -> Bool {
        try db.upsert(
            into: "token", key: ["id"],
            [
                "id": 1.databaseValue,
                "sealed_token": sealing.seal(record.token, at: .token).column,
                "input_material_id": record.inputMaterialID.column,
                "sealed_master_secret": sealing.seal(record.masterSecret, at: .tokenSecret).column,
                "salt": record.salt.column,
                "id_context": record.idContext.column,
                "algorithm": record.algorithm.narrowColumn,
                "hkdf": record.hkdf.narrowColumn,
                "scope": record.scope.column,
                "expiry": record.expiry.column,
            ])
    }

    /// Under the same Gid, what is known of the other members stays, also across a leave: windows never go back. Under
    /// another one it goes.
    private func replaceMembership(by record: MembershipRecord) throws {
        if let stored = try db.rows(of: "membership").first {
            let isSameGroup = try stored.bytes("group_id") == record.groupID
            try require(!isSameGroup || stored.bytes("sender_id") != record.senderID)
            try db.change("DELETE FROM membership")
        }
        for table in ["replay_window", "peer", "used_sender_id"] {
            try db.change("DELETE FROM \(table) WHERE group_id <> ?", [record.groupID.column])
        }
        try require(insert(record))
        try noteUsed(record.senderID, groupID: record.groupID)
    }

    /// Members are who they were, but for the stale ones; nothing was heard of them yet under the new Gid.
    private func renewKeys(by record: MembershipRecord, stale: StalePeers) throws {
        guard let stored = try db.rows(of: "membership").first else { throw NodeCommitFailure.guardFailed }
        let groupID = try stored.bytes("group_id")
        try require(groupID != record.groupID && stored.number("version") < record.version)
        try db.change("DELETE FROM replay_window")
        try db.change("DELETE FROM used_sender_id")
        try db.change("DELETE FROM peer WHERE group_id <> ?", [groupID.column])
        switch stale {
        case .all: try db.change("DELETE FROM peer")
        case .exactly(let senderIDs):
            for senderID in senderIDs { try db.change("DELETE FROM peer WHERE sender_id = ?", [senderID.column]) }
        }
        try db.change("UPDATE peer SET group_id = ?", [record.groupID.column])
        // Not of the keys: it may have changed since they were asked for.
        var renewed = record
        renewed.isLeaving = try stored.bool("is_leaving")
        renewed.managerCredential = try stored.bytes("manager_credential")
        try db.change("DELETE FROM membership")
        try require(insert(renewed))
        try noteUsed(record.senderID, groupID: record.groupID)
    }

    private func noteUsed(_ senderID: [UInt8], groupID: [UInt8]) throws {
        guard !senderID.isEmpty else { return }
        _ = try db.insert(
            into: "used_sender_id", ["group_id": groupID.column, "sender_id": senderID.column])
    }

    private func insert(_ record: MembershipRecord) throws -> Bool {
        try db.insert(
            into: "membership",
            [
                "id": 1.databaseValue,
                "group_name": record.groupName.databaseValue,
                "member_name": record.memberName.databaseValue,
                "group_id": record.groupID.column,
                "version": record.version.column,
                "sealed_master_secret": sealing.seal(record.masterSecret, at: .membershipSecret).column,
                "master_salt": record.masterSalt.column,
                "aead": record.algorithms.aead?.rawValue.narrowColumn ?? .null,
                "group_encryption": record.algorithms.groupEncryption?.rawValue.narrowColumn ?? .null,
                "signature": record.algorithms.signature?.rawValue.narrowColumn ?? .null,
                "pairwise_key_agreement": record.algorithms.pairwiseKeyAgreement?.rawValue.narrowColumn ?? .null,
                "hkdf": record.algorithms.hkdf.rawValue.narrowColumn,
                "credential_format": record.credentialFormat.rawValue.narrowColumn,
                "manager_credential": record.managerCredential.column,
                "sender_id": record.senderID.column,
                "roles": record.roles.rawValue.column,
                "network_address": record.network?.groupAddress.bytes.column ?? .null,
                "network_port": record.network?.port.narrowColumn ?? .null,
                "network_link_rate": record.network?.linkRate.column ?? .null,
                "network_maximum_group_size": record.network?.maximumGroupSize.column ?? .null,
                "network_application_groups": record.network?.applicationGroups.column ?? .null,
                "network_member_name": record.network?.memberName.databaseValue ?? .null,
                "reserved_end": record.reservedEnd.column,
                "is_leaving": record.isLeaving.databaseValue,
            ])
    }

    private func save(_ peers: [PeerRecord], groupID: [UInt8]) throws {
        for peer in peers {
            try require(
                db.upsert(
                    into: "peer", key: ["group_id", "sender_id"],
                    [
                        "group_id": groupID.column,
                        "sender_id": peer.senderID.column,
                        "credential": peer.credential.column,
                        "roles": peer.roles.rawValue.column,
                        "name": peer.name?.databaseValue ?? .null,
                    ]))
        }
    }

    // The schema refuses a window of somebody who is no peer under that Gid.
    private func put(_ record: NodeReplayWindowRecord) throws -> Bool {
        try db.upsert(
            into: "replay_window", key: ["group_id", "sender_id"],
            [
                "group_id": record.groupID.column,
                "sender_id": record.senderID.column,
                "size": record.window.size.narrowColumn,
                "highest": record.window.highest.column,
                "words": record.window.words.column,
                "is_valid": record.window.isValid.databaseValue,
            ], onlyIf: "coalesce(excluded.highest, -1) >= coalesce(replay_window.highest, -1)")
    }
}

extension ColumnAddress {
    static let nodeSeed = ColumnAddress("identity", "sealed_private_key_seed")
    static let associationSecret = ColumnAddress("association", "sealed_master_secret")
    static let token = ColumnAddress("token", "sealed_token")
    static let tokenSecret = ColumnAddress("token", "sealed_master_secret")
    static let membershipSecret = ColumnAddress("membership", "sealed_master_secret")
}
