/// How far the audit record has come: all of it that a manager keeps in memory.
public struct AuditHead: Hashable, Sendable {
    /// The number of the latest record; 0 before the first.
    public internal(set) var sequence: UInt64
    /// The hash of the latest record, 32 bytes; zeros before the first.
    public internal(set) var hash: [UInt8]
    /// The number of the latest record that was signed; 0 before the first.
    public internal(set) var checkpoint: UInt64

    /// As a store has it.
    public init(sequence: UInt64, hash: [UInt8], checkpoint: UInt64) {
        self.sequence = sequence
        self.hash = hash
        self.checkpoint = checkpoint
    }

    /// Before the first record.
    public init() {
        self.init(sequence: 0, hash: Self.noHash, checkpoint: 0)
    }

    /// What the first record names as the hash of the one before.
    static let noHash = [UInt8](repeating: 0, count: 32)
}
