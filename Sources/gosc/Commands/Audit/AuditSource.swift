import CryptoPrimitives
import GroupManager
import Persistence
import ServiceShell

/// The audit record of the manager in a state directory.
struct AuditSource {
    let directory: String
    let stored: StoredAudit
    /// The manager's, byte for byte.
    let credential: [UInt8]
    /// The SHA-256 of ``credential``.
    var manager: [UInt8] { SHA256.hash(credential.span) }

    init(directory: String) throws {
        self.directory = directory
        stored = try StoredAudit(directory: directory)
        guard let credential = try stored.managerCredential() else {
            throw CommandFailure(
                .configuration, "there is no manager in \(directory)", hint: "make one with 'gosc manager init'")
        }
        self.credential = credential
        guard try stored.lastSequence() > 0 else {
            throw CommandFailure(
                .refused, "there is no audit record in \(directory)",
                hint: "it begins when a manager of this version runs; if one has run, the record was removed")
        }
    }

    /// Hands out all records, in order.
    ///
    /// - Parameter last: The number of the last one wanted.
    /// - Throws: ``CommandFailure`` for one that cannot be read.
    func forEach(
        from first: UInt64 = 0, upTo last: UInt64 = .max, _ body: (AuditRecord, _ hash: [UInt8]) throws -> Void
    ) throws {
        try forEachRow(from: first) { row in
            guard row.sequence <= last else { return false }
            guard let record = row.record else {
                throw CommandFailure(
                    .refused, "record \(row.sequence) of \(directory) cannot be read",
                    hint: "see 'gosc audit verify'")
            }
            try body(record, row.hash)
            return true
        }
    }

    /// Hands out what stands in the place of records, in order, until that is enough.
    func forEachRow(from first: UInt64 = 0, _ body: (StoredAudit.Row) throws -> Bool) throws {
        var next = first
        while true {
            let rows = try stored.records(from: next, limit: Self.batch)
            for row in rows where try !body(row) { return }
            guard rows.count == Self.batch, let last = rows.last else { return }
            next = last.sequence + 1
        }
    }

    /// So many at once: a record may be longer than memory is large.
    private static let batch = 1_000
}
