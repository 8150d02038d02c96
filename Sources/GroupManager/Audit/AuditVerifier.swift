import Bytes
import COSE
import CryptoPrimitives

/// Verifies an audit record, link by link, in memory that grows with the checkpoints alone.
public struct AuditVerifier: Sendable {
    /// The SHA-256 of the credential that signatures are verified with.
    public let manager: [UInt8]
    private var head = AuditHead()
    private var firstTime: UInt64?
    private var lastTime: UInt64?
    /// Those whose record has not come yet, by its number.
    private var awaited: [UInt64: [AuditCheckpoint]] = [:]
    private let signed: AuditCheckpoint?
    private let kept: AuditCheckpoint?
    private let isRedacted: Bool
    /// Records without the confidential part that their hash covers.
    private var stripped: (first: UInt64, count: UInt64)?

    /// Begins before the first record.
    ///
    /// - Parameters:
    ///   - credential: The manager's, byte for byte.
    ///   - checkpoints: Those that come with the record.
    ///   - kept: Those of the same manager that were kept elsewhere.
    ///   - isRedacted: Whether confidential parts may be left out, as in a redacted export.
    /// - Throws: ``AuditFault/unusableCredential``, ``AuditFault/forgedCheckpoint(_:)``.
    public init(
        credential: [UInt8], checkpoints: [AuditCheckpoint], kept: [AuditCheckpoint] = [], isRedacted: Bool = false
    ) throws(AuditFault) {
        guard let parsed = try? AuthenticationCredential(parsing: credential.span, format: .ccs),
            parsed.publicKey.kind == .ed25519
        else { throw .unusableCredential }
        manager = SHA256.hash(credential.span)
        let all = (checkpoints + kept).sorted { $0.sequence < $1.sequence }
        for checkpoint in all {
            guard checkpoint.sequence > 0, checkpoint.isSigned(by: parsed.publicKey, manager: manager) else {
                throw .forgedCheckpoint(checkpoint.sequence)
            }
            awaited[checkpoint.sequence, default: []].append(checkpoint)
        }
        signed = all.last
        self.kept = kept.max { $0.sequence < $1.sequence }
        self.isRedacted = isRedacted
    }

    /// The number that the next record must have.
    public var next: UInt64 { head.sequence + 1 }

    /// Takes the next record.
    ///
    /// - Parameters:
    ///   - record: What was read; `nil` if what stands there is none.
    ///   - number: The number that the store has it under.
    ///   - hash: What the store or the export says its hash is.
    public mutating func take(_ record: AuditRecord?, number: UInt64, hash: [UInt8]) throws(AuditFault) {
        guard number == next else { throw .missing(next, found: number) }
        guard let record else { throw .malformed(next) }
        guard record.hash == hash, record.sequence == number else { throw .altered(next) }
        guard record.previous == head.hash else { throw .unlinked(next) }
        if number == 1 {
            let isFirst = record.entry.kind == .managerCreated || record.entry.kind == .recordBegan
            guard isFirst, record.entry.details["manager_credential"] == .text(Hex.encode(manager)) else {
                throw .otherManager
            }
        }
        for checkpoint in awaited.removeValue(forKey: number) ?? [] {
            guard checkpoint.hash == hash else { throw .rewritten(number) }
        }
        if record.isRedacted { stripped = (stripped?.first ?? number, (stripped?.count ?? 0) + 1) }
        (head.sequence, head.hash) = (number, hash)
        firstTime = firstTime ?? record.time
        lastTime = record.time
    }

    /// All records have been taken.
    ///
    /// - Throws: ``AuditFault/cutOff(after:signed:)``, ``AuditFault/stripped(first:count:)``.
    public func finish() throws(AuditFault) -> AuditVerdict {
        if let last = awaited.keys.max() { throw .cutOff(after: head.sequence, signed: last) }
        if let stripped, !isRedacted { throw .stripped(first: stripped.first, count: stripped.count) }
        return AuditVerdict(
            manager: manager, records: head.sequence, hash: head.hash, firstTime: firstTime, lastTime: lastTime,
            signed: signed, kept: kept)
    }

    /// Looks for signatures that a store must have. An export may have been made behind the latest one, and need not.
    ///
    /// - Parameters:
    ///   - checkpoints: Those of the store.
    ///   - last: The number of its latest record, as it was before the checkpoints were read.
    /// - Throws: ``AuditFault/unsigned(after:last:)``.
    public static func requireSignatures(_ checkpoints: [AuditCheckpoint], upTo last: UInt64) throws(AuditFault) {
        let signed = checkpoints.map(\.sequence).max() ?? 0
        guard last > signed, last - signed > ManagerState.recordsPerCheckpoint else { return }
        throw .unsigned(after: signed, last: last)
    }
}

/// What is known of an audit record in which nothing is wrong.
public struct AuditVerdict: Hashable, Sendable {
    /// The SHA-256 of the manager's credential. Whether that is the right manager is not known from the record alone.
    public let manager: [UInt8]
    public let records: UInt64
    /// That of the last record.
    public let hash: [UInt8]
    /// In seconds since 1970, by the manager's clock; `nil` without a record.
    public let firstTime: UInt64?
    public let lastTime: UInt64?
    /// The latest signature. Records behind it may have been cut off or rewritten by whoever could write them.
    public let signed: AuditCheckpoint?
    /// The latest that was kept elsewhere. Records behind it may have been cut off together with their signatures.
    public let kept: AuditCheckpoint?
}
