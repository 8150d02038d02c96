/// A place in an audit record: a number that only grows, and what had been written down by then.
public struct AuditPosition: Hashable, Sendable {
    /// The number of a record; 0 before the first.
    public var sequence: UInt64
    /// Its hash, 32 bytes, which stands for all records before it, too; zeros before the first.
    public var hash: [UInt8]

    public init(sequence: UInt64, hash: [UInt8]) {
        self.sequence = sequence
        self.hash = hash
    }
}

extension AuditHead {
    /// Where the record ends.
    public var position: AuditPosition { AuditPosition(sequence: sequence, hash: hash) }
}
