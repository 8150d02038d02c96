internal import GRDB
internal import GroupManager

/// The audit record, which only grows.
extension ManagerTables {
    func append(_ record: AuditRecord) throws {
        // One statement for row and guard: there is one for every change.
        let isNext = try db.change(
            """
            INSERT INTO audit_record (sequence, record, confidential, hash)
            SELECT ?1, ?2, ?3, ?4
            WHERE ?1 = (SELECT coalesce(max(sequence), 0) + 1 FROM audit_record)
                AND ?5 = coalesce((SELECT hash FROM audit_record WHERE sequence = ?1 - 1), zeroblob(32))
            """,
            [
                record.sequence.column, record.encoded.column, record.encodedConfidential.column, record.hash.column,
                record.previous.column,
            ])
        try require(isNext, else: .auditMismatch)
    }

    func append(_ checkpoint: AuditCheckpoint) throws {
        let head = try auditHead()
        try require(
            checkpoint.sequence == head.sequence && checkpoint.hash == head.hash
                && checkpoint.sequence > head.checkpoint,
            else: .auditMismatch)
        _ = try db.insert(
            into: "audit_checkpoint",
            [
                "sequence": checkpoint.sequence.column, "hash": checkpoint.hash.column,
                "time": checkpoint.time.column, "signature": checkpoint.signature.column,
            ])
    }

    /// The end of the record; the rest of it is read by ``StoredAudit`` alone.
    func auditHead() throws -> AuditHead {
        let last = try db.rows(of: "audit_record", orderedBy: "sequence DESC LIMIT 1").first
        let signed = try db.rows(of: "audit_checkpoint", orderedBy: "sequence DESC LIMIT 1").first
        let checkpoint = try signed?.number("sequence") ?? 0
        guard let last else { return AuditHead() }
        return AuditHead(
            sequence: try last.number("sequence"), hash: try last.bytes("hash"), checkpoint: checkpoint)
    }
}
