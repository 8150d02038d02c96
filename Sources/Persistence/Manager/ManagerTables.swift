internal import Bytes
internal import CryptoPrimitives
internal import GRDB
internal import GroupManager

/// The tables of a manager within one transaction: each write under its guard, with the errors of `ManagerState`.
struct ManagerTables {
    let db: Database
    let sealing: ColumnSealing

    func apply(_ write: ManagerWrite) throws {
        switch write {
        case .insertIdentity(let record): try require(insert(record), else: .identityExists)
        case .insertTokenKeys(let record): try require(insert(record), else: .tokenKeysExist)
        case .insertGroup(let record): try add(record)
        case .insertGroupCredential(let record): try add(record)
        case .insertInvitation(let record): try add(record)
        case .consumeInvitation(let key): try consumeInvitation(key)
        case .revokeInvitation(let clientSenderID, at: let time): try revokeInvitation(clientSenderID, at: time)
        case .putAssociation(let record): try put(record)
        case .insertClient(let record): try add(record)
        case .advanceClient(let recipientID, let progress): try advanceClient(recipientID, to: progress)
        case .reauthorizeClient(let recipientID, let tokenID, let scope, let expiry):
            try reauthorizeClient(recipientID, tokenID: tokenID, scope: scope, expiry: expiry)
        case .locateClient(let recipientID, let address): try locateClient(recipientID, at: address)
        case .challengeClient(let recipientID, let challenge): try challengeClient(recipientID, with: challenge)
        case .removeClient(let recipientID): try removeClient(recipientID)
        case .revokeToken(let record): try require(insert(record), else: .tokenRevoked)
        case .insertMember(let record): try add(record)
        case .replaceMember(let record): try replace(record)
        case .removeMember(let key): try removeMember(key)
        case .assignNodeName(let record): try add(record)
        case .assignSenderID(let record): try add(record)
        case .addStaleSenderID(let record): try add(record)
        case .assignGroupIDPrefix(let record): try add(record)
        case .demandRekeying(let name, let due): try demandRekeying(of: name, due)
        case .rekeyGroup(let rekeying): try rekey(rekeying)
        case .evict(let record): try add(record)
        case .readmit(let name, let client): try readmit(client, to: name)
        case .confirmKeys(let key, let version): try confirmKeys(key, version: version)
        case .appendAudit(let record): try append(record)
        case .appendCheckpoint(let checkpoint): try append(checkpoint)
        case .restore(let record): try restore(record)
        case .completeRestore: try completeRestore()
        }
    }

    func require(_ isDone: Bool, else error: ManagerWriteError) throws(ManagerWriteError) {
        guard isDone else { throw error }
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

    private func insert(_ record: TokenKeysRecord) throws -> Bool {
        try db.insert(
            into: "token_keys",
            [
                "id": 1.databaseValue,
                "sealed_shared_key": sealing.seal(record.sharedKey, at: .tokenSharedKey).column,
                "sealed_agreement_key": sealing.seal(record.agreementKey, at: .tokenAgreementKey).column,
            ])
    }
}

extension ColumnAddress {
    static let managerSeed = ColumnAddress("identity", "sealed_signing_seed")
    static let tokenSharedKey = ColumnAddress("token_keys", "sealed_shared_key")
    static let tokenAgreementKey = ColumnAddress("token_keys", "sealed_agreement_key")
}
