internal import Bytes
internal import CryptoPrimitives
internal import GRDB
internal import GroupManager

/// The tables of a manager within one transaction: each write under its guard.
struct ManagerTables {
    let db: Database
    let sealing: ColumnSealing

    func apply(_ write: ManagerWrite) throws {
        switch write {
        case .insertIdentity(let record):
            try require(insert(record), else: .identityExists)
        case .insertGroup(let record):
            try require(insert(record), else: .groupExists)
        case .insertInvitation(let record):
            try require(insert(record), else: .invitationExists)
        case .consumeInvitation(let key):
            try consumeInvitation(key)
        case .insertMember(let record):
            try require(insert(record), else: .memberExists)
        case .assignSenderID(let record):
            try require(insert(record), else: .senderIDTaken)
        case .putAssociation(let record):
            try require(put(record), else: .associationWentBack)
        }
    }

    private func require(_ isDone: Bool, else error: ManagerWriteError) throws(ManagerWriteError) {
        guard isDone else { throw error }
    }

    private func consumeInvitation(_ key: AssociationKey) throws {
        let isConsumed = try db.change(
            "UPDATE invitation SET consumed_by = ? WHERE client_sender_id = ? AND consumed_by IS NULL",
            [key.idContext.column, key.clientSenderID.column])
        guard !isConsumed else { return }
        let isKnown = try Bool.fetchOne(
            db, sql: "SELECT count(*) FROM invitation WHERE client_sender_id = ?",
            arguments: [key.clientSenderID.column])
        throw isKnown == true ? ManagerWriteError.invitationUsed : .invitationUnknown
    }

    private func insert(_ record: ManagerIdentityRecord) throws -> Bool {
        try db.insert(
            into: "identity",
            [
                "id": 1.databaseValue,
                "name": record.name.databaseValue,
                "sealed_signing_seed": sealing.seal(record.signingSeed, at: .managerSeed).column,
                "credential": record.credential.column,
                "global_id": record.globalID.column,
            ])
    }

    private func insert(_ record: GroupRecord) throws -> Bool {
        try db.insert(
            into: "security_group",
            [
                "name": record.name.databaseValue,
                "configuration": record.configuration.column,
                "group_id": record.groupID.column,
                "version": record.version.column,
                "sealed_master_secret": sealing.seal(record.masterSecret, at: .groupSecret(record.name)).column,
                "master_salt": record.masterSalt.column,
                "expiration": record.expiration.column,
                "address": record.address.bytes.column,
                "port": record.port.narrowColumn,
                "link_rate": record.linkRate.column,
                "maximum_group_size": record.maximumGroupSize.column,
                "resources": record.resources.column,
                "created_at": record.createdAt.column,
            ])
    }

    private func insert(_ record: InvitationRecord) throws -> Bool {
        let secret = ColumnAddress.invitationSecret(record.clientSenderID)
        return try db.insert(
            into: "invitation",
            [
                "client_sender_id": record.clientSenderID.column,
                "manager_sender_id": record.managerSenderID.column,
                "sealed_master_secret": sealing.seal(record.masterSecret, at: secret).column,
                "group_name": record.groupName.databaseValue,
                "node_name": record.nodeName.databaseValue,
                "roles": record.roles.column,
                "created_at": record.createdAt.column,
                "expiry": record.expiry.column,
                "consumed_by": record.consumedBy.column,
            ])
    }

    private func insert(_ record: MemberRecord) throws -> Bool {
        let answer = ColumnAddress.joinAnswer(record.groupName, record.name)
        return try db.insert(
            into: "member",
            [
                "group_name": record.groupName.databaseValue,
                "name": record.name.databaseValue,
                "roles": record.roles.column,
                "sender_id": record.senderID.column,
                "credential": record.credential.column,
                "scope": record.scope.column,
                "client_nonce": record.clientNonce.column,
                "control_uri": record.controlURI?.databaseValue ?? .null,
                "client_sender_id": record.association.clientSenderID.column,
                "id_context": record.association.idContext.column,
                "joined_at": record.joinedAt.column,
                "join_request_hash": record.joinRequestHash.column,
                "sealed_join_answer": sealing.seal(record.joinAnswer, at: answer).column,
            ])
    }

    private func insert(_ record: AssignedSenderIDRecord) throws -> Bool {
        try db.insert(
            into: "assigned_sender_id",
            [
                "group_name": record.groupName.databaseValue,
                "group_id": record.groupID.column,
                "sender_id": record.senderID.column,
            ])
    }

    private func put(_ record: AssociationRecord) throws -> Bool {
        try db.upsert(
            into: "association", key: ["client_sender_id", "id_context"],
            [
                "client_sender_id": record.key.clientSenderID.column,
                "id_context": record.key.idContext.column,
                "window_size": record.replayWindow.size.narrowColumn,
                "window_highest": record.replayWindow.highest.column,
                "window_words": record.replayWindow.words.column,
                "window_is_valid": record.replayWindow.isValid.databaseValue,
                "reserved_end": record.reservedSequenceEnd.column,
            ],
            onlyIf: """
                excluded.reserved_end >= association.reserved_end
                AND coalesce(excluded.window_highest, -1) >= coalesce(association.window_highest, -1)
                """)
    }
}

extension ColumnAddress {
    static let managerSeed = ColumnAddress("identity", "sealed_signing_seed")

    static func groupSecret(_ name: String) -> ColumnAddress {
        ColumnAddress(table: "security_group", row: [Array(name.utf8)], column: "sealed_master_secret")
    }

    static func invitationSecret(_ clientSenderID: [UInt8]) -> ColumnAddress {
        ColumnAddress(table: "invitation", row: [clientSenderID], column: "sealed_master_secret")
    }

    static func joinAnswer(_ groupName: String, _ name: String) -> ColumnAddress {
        ColumnAddress(
            table: "member", row: [Array(groupName.utf8), Array(name.utf8)], column: "sealed_join_answer")
    }
}
