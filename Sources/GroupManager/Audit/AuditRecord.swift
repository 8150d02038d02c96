import Bytes
import CBOR
import CryptoPrimitives

/// One link of the audit record: what has changed, when, and the hash of the link before.
///
/// Whoever changes, removes or inserts a record breaks the chain behind it. `docs/audit.md` has the bytes, so that another
/// program can verify them.
public struct AuditRecord: Hashable, Sendable {
    /// From 1, without gaps.
    public let sequence: UInt64
    /// The ``hash`` of the record before; 32 zero bytes in the first.
    public let previous: [UInt8]
    /// When, in seconds since 1970.
    public let time: UInt64
    /// What has changed. In a redacted record without the confidential part.
    public let entry: AuditEntry
    /// What hides the confidential part in ``confidentialHash``; 16 random bytes, `nil` without such a part or redacted.
    public let salt: [UInt8]?
    /// The SHA-256 of ``encodedConfidential``; `nil` without a confidential part.
    public let confidentialHash: [UInt8]?
    /// The SHA-256 of ``encoded``; 32 bytes.
    public let hash: [UInt8]
    /// What is hashed, in deterministic CBOR.
    public let encoded: [UInt8]

    /// Makes the record that follows another one.
    ///
    /// - Parameters:
    ///   - salt: 16 random bytes.
    init(following head: AuditHead, at time: UInt64, _ entry: AuditEntry, salt: [UInt8]) {
        self.init(
            sequence: head.sequence + 1, previous: head.hash, time: time, entry: entry,
            salt: entry.confidential.isEmpty ? nil : salt, confidentialHash: nil)
    }

    /// - Parameter confidentialHash: Of a redacted record; any other has it computed.
    init(
        sequence: UInt64, previous: [UInt8], time: UInt64, entry: AuditEntry, salt: [UInt8]?,
        confidentialHash: [UInt8]?
    ) {
        self.sequence = sequence
        self.previous = previous
        self.time = time
        self.entry = entry
        self.salt = salt
        let hidden = salt.map { SHA256.hash(Self.encode(salt: $0, entry.confidential).span) } ?? confidentialHash
        self.confidentialHash = hidden
        let content: CBORValue = .array([
            .unsigned(Self.version), .unsigned(sequence), .bytes(previous), .unsigned(time),
            .text(entry.kind.rawValue), entry.group.map { .text($0) } ?? .null,
            entry.subject.map { .text($0) } ?? .null, .map(CBORMap(entry.details)),
            hidden.map { .bytes($0) } ?? .null,
        ])
        let bytes = content.encoded()
        encoded = bytes
        hash = SHA256.hash(bytes.span)
    }

    /// The confidential part: its salt, then what it says. `nil` without such a part, or redacted.
    public var encodedConfidential: [UInt8]? {
        salt.map { Self.encode(salt: $0, entry.confidential) }
    }

    /// Whether the confidential part is missing that the hash covers.
    public var isRedacted: Bool { confidentialHash != nil && salt == nil }

    /// Without the confidential part. Its hash stays, and so do the hash of the record and the chain.
    public var redacted: AuditRecord {
        var entry = entry
        entry.confidential = [:]
        return AuditRecord(
            sequence: sequence, previous: previous, time: time, entry: entry, salt: nil,
            confidentialHash: confidentialHash)
    }

    private static func encode(salt: [UInt8], _ details: [String: AuditValue]) -> [UInt8] {
        CBORValue.array([.bytes(salt), .map(CBORMap(details))]).encoded()
    }

    /// Of the layout; another one is another number.
    static let version: UInt64 = 1
    /// How long the salt is, in bytes.
    static let saltCount = 16
}

extension CBORMap {
    fileprivate init(_ details: [String: AuditValue]) {
        self.init()
        for (name, value) in details {
            self[name] =
                switch value {
                case .text(let text): .text(text)
                case .number(let number): .unsigned(number)
                }
        }
    }
}
