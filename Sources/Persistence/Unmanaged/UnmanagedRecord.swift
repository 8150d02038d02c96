public import Bytes

/// What a node without a manager keeps.
public struct UnmanagedRecord: Hashable, Sendable {
    /// Its identifier in the context.
    public var senderID: [UInt8]
    /// The context, in whatever form the caller reads it; it holds keys.
    public var description: SecretField
    /// Every number below it may have been used.
    public var reservedEnd: UInt64

    /// Creates a record.
    public init(senderID: [UInt8], description: SecretField, reservedEnd: UInt64 = 0) {
        self.senderID = senderID
        self.description = description
        self.reservedEnd = reservedEnd
    }
}
