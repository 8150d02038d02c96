internal import Bytes
internal import CryptoPrimitives
internal import GRDB
internal import GroupManager

/// Invitations, and the associations with the authorization server that come of them.
extension ManagerTables {
    func add(_ record: InvitationRecord) throws {
        try requireGroup(record.groupName)
        let secret = ColumnAddress.invitationSecret(record.clientSenderID)
        let isNew = try db.insert(
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
                "revoked_at": record.revokedAt.column,
                "barred_at": record.barredAt.column,
            ])
        try require(isNew, else: .invitationExists)
    }

    func consumeInvitation(_ key: AssociationKey) throws {
        let isConsumed = try db.change(
            "UPDATE invitation SET consumed_by = ? WHERE client_sender_id = ? AND consumed_by IS NULL",
            [key.idContext.column, key.clientSenderID.column])
        guard !isConsumed else { return }
        try requireInvitation(key.clientSenderID)
        throw ManagerWriteError.invitationUsed
    }

    func revokeInvitation(_ clientSenderID: [UInt8], at time: UInt64) throws {
        let isRevoked = try db.change(
            "UPDATE invitation SET revoked_at = ? WHERE client_sender_id = ? AND revoked_at IS NULL",
            [time.column, clientSenderID.column])
        guard !isRevoked else { return }
        try requireInvitation(clientSenderID)
        throw ManagerWriteError.invitationRevoked
    }

    func put(_ record: AssociationRecord) throws {
        try requireInvitation(record.key.clientSenderID)
        let isBarred = try db.has(
            "invitation", where: "client_sender_id = ? AND barred_at IS NOT NULL", [record.key.clientSenderID.column])
        try require(!isBarred, else: .invitationBarred)
        let isForward = try db.upsert(
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
        try require(isForward, else: .associationWentBack)
    }

    private func requireInvitation(_ clientSenderID: [UInt8]) throws {
        try require(
            db.has("invitation", where: "client_sender_id = ?", [clientSenderID.column]), else: .invitationUnknown)
    }
}

extension ColumnAddress {
    static func invitationSecret(_ clientSenderID: [UInt8]) -> ColumnAddress {
        ColumnAddress(table: "invitation", row: [clientSenderID], column: "sealed_master_secret")
    }
}
