internal import Bytes
internal import GRDB

/// Looks at a database before anything of it is changed.
enum StoreProbe {
    /// Where the canary lies. The role is part of the place, so a canary of one role does not open as another's.
    static func canaryAddress(of role: StoreRole) -> ColumnAddress {
        ColumnAddress(table: "store", row: [Array(role.rawValue.utf8)], column: "canary")
    }

    /// Checks owner, role, version and key over a connection that cannot write.
    ///
    /// - Returns: Which file the database was created as; `nil` if it is empty.
    /// - Throws: ``StoreError``, or what GRDB throws.
    static func look(at path: String, schema: Schema, sealing: ColumnSealing) throws -> FileIdentity? {
        let queue = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readOnly: true))
        defer { try? queue.close() }
        return try queue.read { db in
            guard try !isEmpty(db) else { return nil }
            guard try Int.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
                throw StoreError.foreign(path: path)
            }
            guard let store = try db.rows(of: "store").first else { throw InvalidColumn(name: "store") }
            let role = try store.text("role")
            guard role == schema.role.rawValue else {
                throw StoreError.wrongRole(path: path, found: role, expected: schema.role)
            }
            guard try !schema.isOutdated(by: db) else { throw StoreError.newerVersion(path: path) }
            let canary: SecretField
            do {
                canary = try sealing.open(store.bytes("canary"), at: canaryAddress(of: schema.role))
            } catch {
                throw StoreError.wrongSealingKey(path: path)
            }
            return try store.required(FileIdentity(decoding: canary.bytes), "canary")
        }
    }

    /// Whether creation did not get as far as its first step.
    private static func isEmpty(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'") == 0
    }
}
