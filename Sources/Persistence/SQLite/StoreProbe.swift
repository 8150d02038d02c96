internal import Bytes
internal import Foundation
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
        let queue = try open(path)
        defer { try? queue.close() }
        return try queue.read { db in
            guard let store = try store(in: db, at: path) else { return nil }
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

    /// Whose state a file is, without its key: nothing of it is believed but that.
    ///
    /// - Returns: `nil` if it is empty.
    static func role(at path: String) throws -> String? {
        let queue = try open(path)
        defer { try? queue.close() }
        return try queue.read { db in try store(in: db, at: path)?.text("role") }
    }

    /// Opens a database for reading while another process may write it, if it is of a role.
    ///
    /// - Throws: ``StoreError``, or what GRDB throws.
    static func openBesideWriter(_ path: String, role: StoreRole) throws -> DatabaseQueue {
        let queue = try openWithLog(path)
        let found = try queue.read { db in try store(in: db, at: path)?.text("role") }
        guard let found else { throw StoreError.missing(path: path) }
        guard found == role.rawValue else { throw StoreError.wrongRole(path: path, found: found, expected: role) }
        return queue
    }

    /// What a database of ours says of itself; `nil` if it is empty.
    private static func store(in db: Database, at path: String) throws -> Columns? {
        guard try !isEmpty(db) else { return nil }
        guard try Int.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
            throw StoreError.foreign(path: path)
        }
        guard let store = try db.rows(of: "store").first else { throw InvalidColumn(name: "store") }
        return store
    }

    /// Without a log to read, the file is opened as one that nobody writes: otherwise SQLite would make an empty log
    /// beside it. Nobody does write, because this process holds the lock of the directory.
    static func open(_ path: String) throws -> DatabaseQueue {
        if try StoreFile.size(of: "\(path)-wal") ?? 0 == 0, let queue = openImmutable(path) { return queue }
        // Also where SQLite was built without URIs.
        return try DatabaseQueue(path: path, configuration: StoreFile.configuration(readOnly: true))
    }

    /// With its log, which SQLite makes where there is none: a writer may come at any moment.
    private static func openWithLog(_ path: String) throws -> DatabaseQueue {
        do {
            let queue = try DatabaseQueue(path: path, configuration: StoreFile.configuration(readOnly: true))
            _ = try queue.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM sqlite_schema") }
            return queue
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CANTOPEN {
            // Where no log can be made nobody writes.
            guard let queue = openImmutable(path) else { throw error }
            return queue
        }
    }

    private static func openImmutable(_ path: String) -> DatabaseQueue? {
        guard let escaped = path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) else { return nil }
        return try? DatabaseQueue(
            path: "file:\(escaped)?immutable=1", configuration: StoreFile.configuration(readOnly: true))
    }

    /// Whether creation did not get as far as its first step.
    private static func isEmpty(_ db: Database) throws -> Bool {
        try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema WHERE tbl_name <> 'grdb_migrations'") == 0
    }
}
