internal import Foundation
internal import GRDB
public import GroupManager

/// The audit record in the database of a manager, for reading: while the manager runs or not, and without its key, because
/// nothing in it is sealed.
public final class StoredAudit: Sendable {
    /// One row, as it is found: whether it is what was appended is for ``GroupManager/AuditVerifier`` to say.
    public struct Row: Sendable {
        public let sequence: UInt64
        /// `nil` if what stands there is none.
        public let record: AuditRecord?
        public let hash: [UInt8]
    }

    private let path: String
    private let queue: DatabaseQueue

    /// Opens the database of a state directory; changes nothing in it.
    ///
    /// - Throws: ``StoreError``, among it ``StoreError/wrongRole(path:found:expected:)``.
    public init(directory: String) throws(StoreError) {
        let path = "\(directory)/\(StoreFile.name)"
        guard try StoreFile.size(of: path) ?? 0 > 0 else { throw .missing(path: path) }
        self.path = path
        queue = try StoreFile.translating(path) { try StoreProbe.openBesideWriter(path, role: .manager) }
    }

    /// The manager's credential, byte for byte; `nil` if the store was never initialised.
    public func managerCredential() throws(StoreError) -> [UInt8]? {
        try read { db in try db.rows(of: "identity").first?.bytes("credential") }
    }

    /// Records in order.
    ///
    /// - Parameters:
    ///   - sequence: The number of the first; 0 for the very first.
    ///   - limit: How many at most.
    public func records(from sequence: UInt64, limit: Int) throws(StoreError) -> [Row] {
        try read { db in
            guard try db.tableExists("audit_record") else { return [] }
            let rows = try GRDB.Row.fetchAll(
                db, sql: "SELECT * FROM audit_record WHERE sequence >= ? ORDER BY sequence LIMIT ?",
                arguments: [Int64(clamping: sequence), limit])
            return try rows.map { try Self.row(Columns(row: $0, table: "audit_record")) }
        }
    }

    /// The number of the latest record; 0 if there is none.
    public func lastSequence() throws(StoreError) -> UInt64 {
        try read { db in
            guard try db.tableExists("audit_record") else { return 0 }
            return try UInt64(Int64.fetchOne(db, sql: "SELECT max(sequence) FROM audit_record") ?? 0)
        }
    }

    /// All checkpoints, in order.
    public func checkpoints() throws(StoreError) -> [AuditCheckpoint] {
        try read { db in
            guard try db.tableExists("audit_checkpoint") else { return [] }
            return try db.rows(of: "audit_checkpoint", orderedBy: "sequence").map { row in
                AuditCheckpoint(
                    sequence: try row.number("sequence"), hash: try row.bytes("hash"), time: try row.number("time"),
                    signature: try row.bytes("signature"))
            }
        }
    }

    private static func row(_ columns: Columns) throws(InvalidColumn) -> Row {
        let encoded = try columns.bytes("record")
        return Row(
            sequence: try columns.number("sequence"),
            record: AuditRecord(decoding: encoded.span, confidential: try columns.optionalBytes("confidential")),
            hash: try columns.bytes("hash"))
    }

    private func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        try StoreFile.translating(path) { try queue.read(body) }
    }
}
