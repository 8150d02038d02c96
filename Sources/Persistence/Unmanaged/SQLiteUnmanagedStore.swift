internal import Bytes
public import CryptoPrimitives
internal import GRDB

/// The state of a node without a manager in SQLite: one file `gosc.sqlite` in its state directory, the context sealed.
///
/// May be used from any thread; writes happen one at a time.
public final class SQLiteUnmanagedStore: Sendable {
    private let file: StoreFile

    /// Opens the database of a state directory that this process holds the lock of.
    ///
    /// - Parameters:
    ///   - directory: The state directory; must exist.
    ///   - key: What the context is sealed under.
    ///   - mayCreate: Whether a database that is not there is made.
    /// - Throws: ``StoreError``. With ``StoreError/wrongSealingKey(path:)``, ``StoreError/wrongRole(path:found:expected:)``,
    ///   ``StoreError/newerVersion(path:)`` and ``StoreError/foreign(path:)`` no byte of the database has changed.
    public init(directory: String, key: consuming SealingKey, mayCreate: Bool) throws(StoreError) {
        file = try StoreFile(directory: directory, schema: .unmanagedNode, key: key, mayCreate: mayCreate)
    }

    /// What is stored; `nil` in a database that was made and not filled.
    ///
    /// - Throws: ``StoreError``, among it ``StoreError/copied(path:role:)``; the node neither sends nor accepts then.
    public func load() throws(StoreError) -> UnmanagedRecord? {
        // The original may have gone on since.
        guard !file.isCopy else { throw .copied(path: file.path, role: .unmanagedNode) }
        return try loadAnyway()
    }

    /// What is stored, be it a copy or not: for whoever only looks.
    package func loadAnyway() throws(StoreError) -> UnmanagedRecord? {
        let sealing = file.sealing
        return try file.read { db in
            guard let context = try db.rows(of: "context").first else { return nil }
            guard let reservation = try db.rows(of: "reservation").first else {
                throw InvalidColumn(name: "reservation")
            }
            return UnmanagedRecord(
                senderID: try context.bytes("sender_id"),
                description: try sealing.open(context.bytes("sealed_description"), at: .fixedContext),
                reservedEnd: try reservation.number("reserved_end"))
        }
    }

    /// Writes a context into an empty database. When it returns, it survives a power failure.
    ///
    /// - Throws: ``StoreError``, also if there is one already; nothing has changed then.
    public func save(_ record: UnmanagedRecord) throws(StoreError) {
        let sealing = file.sealing
        try file.change { db in
            let isNew = try db.insert(
                into: "context",
                [
                    "id": 1.databaseValue, "sender_id": record.senderID.column,
                    "sealed_description": sealing.seal(record.description, at: .fixedContext).column,
                ])
            guard isNew else { throw InvalidColumn(name: "context") }
            _ = try db.insert(
                into: "reservation", ["id": 1.databaseValue, "reserved_end": record.reservedEnd.column])
        }
    }

    /// Makes durable that every number below `end` may have been used. An end that is not above the stored one is refused.
    ///
    /// - Throws: ``StoreError``; then it is not durable, and none of these numbers may be used.
    public func reserve(below end: UInt64) throws(StoreError) {
        try file.change { db in
            // An end that was stored before is that of somebody else, who uses the same numbers.
            guard try db.change("UPDATE reservation SET reserved_end = ?1 WHERE reserved_end < ?1", [end.column])
            else {
                throw InvalidColumn(name: "reservation")
            }
        }
    }
}

extension ColumnAddress {
    static let fixedContext = ColumnAddress("context", "sealed_description")
}
