internal import Bytes
internal import CryptoPrimitives
internal import GRDB
internal import GroupManager

/// Clients with their associations, and tokens that are not accepted any more.
extension ManagerTables {
    /// Inserts a client in place of an earlier record of the same one.
    func add(_ record: ClientRecord) throws {
        try require(
            !db.has("client", where: "recipient_id = ?", [record.recipientID.column]), else: .clientExists)
        try db.change("DELETE FROM client WHERE client = ?", [record.client.text.databaseValue])
        // The input material of another client is refused by the schema.
        let secret = ColumnAddress.clientSecret(record.recipientID)
        let isNew = try db.insert(
            into: "client",
            [
                "recipient_id": record.recipientID.column,
                "sender_id": record.senderID.column,
                "client": record.client.text.databaseValue,
                "input_material_id": record.inputMaterialID.column,
                "sealed_master_secret": sealing.seal(record.masterSecret, at: secret).column,
                "master_salt": record.masterSalt.column,
                "id_context": record.idContext.column,
                "algorithm": record.algorithm.narrowColumn,
                "hkdf": record.hkdf.narrowColumn,
                "token_id": record.tokenID.column,
                "scope": record.scope.column,
                "expiry": record.expiry.column,
                "kdc_challenge": record.kdcChallenge.column,
                "window_size": record.replayWindow.size.narrowColumn,
                "window_highest": record.replayWindow.highest.column,
                "window_words": record.replayWindow.words.column,
                "window_is_valid": record.replayWindow.isValid.databaseValue,
                "reserved_end": record.reservedSequenceEnd.column,
                "address": record.address?.address.bytes.column ?? .null,
                "port": record.address?.port.databaseValue ?? .null,
                "interface": record.address?.interface.rawValue.databaseValue ?? .null,
            ])
        try require(isNew, else: .clientExists)
    }

    func advanceClient(_ recipientID: [UInt8], to progress: AssociationProgress) throws {
        let isForward = try db.change(
            """
            UPDATE client SET window_size = ?2, window_highest = ?3, window_words = ?4, window_is_valid = ?5,
                reserved_end = ?6
            WHERE recipient_id = ?1 AND reserved_end <= ?6 AND coalesce(window_highest, -1) <= coalesce(?3, -1)
            """,
            [
                recipientID.column, progress.replayWindow.size.narrowColumn, progress.replayWindow.highest.column,
                progress.replayWindow.words.column, progress.replayWindow.isValid.databaseValue,
                progress.reservedSequenceEnd.column,
            ])
        guard !isForward else { return }
        try require(db.has("client", where: "recipient_id = ?", [recipientID.column]), else: .clientUnknown)
        throw ManagerWriteError.associationWentBack
    }

    func reauthorizeClient(_ recipientID: [UInt8], tokenID: [UInt8], scope: [UInt8], expiry: UInt64) throws {
        try require(
            db.change(
                "UPDATE client SET token_id = ?2, scope = ?3, expiry = ?4 WHERE recipient_id = ?1",
                [recipientID.column, tokenID.column, scope.column, expiry.column]),
            else: .clientUnknown)
    }

    func locateClient(_ recipientID: [UInt8], at address: SocketAddress) throws {
        try require(
            db.change(
                "UPDATE client SET address = ?2, port = ?3, interface = ?4 WHERE recipient_id = ?1",
                [
                    recipientID.column, address.address.bytes.column, address.port.databaseValue,
                    address.interface.rawValue.databaseValue,
                ]),
            else: .clientUnknown)
    }

    func challengeClient(_ recipientID: [UInt8], with challenge: [UInt8]) throws {
        try require(
            db.change(
                "UPDATE client SET kdc_challenge = ?2 WHERE recipient_id = ?1",
                [recipientID.column, challenge.column]),
            else: .clientUnknown)
    }

    func removeClient(_ recipientID: [UInt8]) throws {
        try require(
            db.change("DELETE FROM client WHERE recipient_id = ?", [recipientID.column]), else: .clientUnknown)
    }

    func insert(_ record: RevocationRecord) throws -> Bool {
        try db.insert(
            into: "revocation",
            ["token_id": record.tokenID.column, "revoked_at": record.revokedAt.column])
    }
}

extension ColumnAddress {
    static func clientSecret(_ recipientID: [UInt8]) -> ColumnAddress {
        ColumnAddress(table: "client", row: [recipientID], column: "sealed_master_secret")
    }
}
