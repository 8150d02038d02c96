import Bytes
import CryptoPrimitives

extension ManagerState {
    /// Applies writes, all of them or none, together with what the audit record says of them.
    ///
    /// In a manager that is older than its record the record begins here, with a record that says so: before anything else,
    /// and also if there are no writes.
    ///
    /// - Parameters:
    ///   - time: In seconds since 1970.
    ///   - random: A cryptographically secure generator.
    /// - Returns: What a store has to make durable, and what takes it back.
    /// - Throws: The guard that a write breaks.
    public mutating func applyAudited(
        _ wanted: [ManagerWrite], at time: UInt64, random: inout some RandomNumberGenerator
    ) throws(ManagerWriteError) -> (writes: [ManagerWrite], undo: [ManagerUndo]) {
        let beginning = isAuditMissing ? AuditEntry(beginningIn: self) : nil
        var undo = try apply(wanted)
        var entries = zip(wanted, undo).compactMap { AuditEntry($0, undo: $1) }
        if let beginning { entries.insert(beginning, at: 0) }
        guard !entries.isEmpty else { return (wanted, undo) }
        var head = audit
        var writes = wanted
        writes.reserveCapacity(wanted.count + entries.count)
        for entry in entries {
            let salt = entry.confidential.isEmpty ? [] : random.bytes(AuditRecord.saltCount)
            let record = AuditRecord(following: head, at: time, entry, salt: salt)
            (head.sequence, head.hash) = (record.sequence, record.hash)
            writes.append(.appendAudit(record))
        }
        // Records that follow the head break no guard.
        undo += try apply(Array(writes[wanted.count...]))
        return (writes, undo)
    }

    /// Whether this manager was there before its audit record.
    public var isAuditMissing: Bool { identity != nil && audit.sequence == 0 }

    /// Whether so much has come since the latest signature that there must be another one.
    var isCheckpointDue: Bool {
        audit.sequence > audit.checkpoint && audit.sequence - audit.checkpoint >= Self.recordsPerCheckpoint
    }

    /// A signature over the record as far as it has come; `nil` if there is one already, and before the first record.
    func checkpoint(at time: UInt64) -> ManagerWrite? {
        guard let identity, audit.sequence > audit.checkpoint else { return nil }
        return (try? AuditCheckpoint(of: audit, by: identity, at: time)).map(ManagerWrite.appendCheckpoint)
    }

    mutating func applyToAudit(_ write: ManagerWrite) throws(ManagerWriteError) -> ManagerUndo {
        let before = audit
        switch write {
        case .appendAudit(let record):
            guard record.sequence == before.sequence + 1, record.previous == before.hash else { throw .auditMismatch }
            (audit.sequence, audit.hash) = (record.sequence, record.hash)
        case .appendCheckpoint(let checkpoint):
            guard checkpoint.sequence == before.sequence, checkpoint.hash == before.hash,
                checkpoint.sequence > before.checkpoint
            else { throw .auditMismatch }
            audit.checkpoint = checkpoint.sequence
        default: throw .invalidRecord
        }
        return .audit(before)
    }

    /// How many records may lie behind the latest signature before the next commit brings another one.
    static let recordsPerCheckpoint: UInt64 = 64
}
