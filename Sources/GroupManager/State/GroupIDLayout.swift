// GM-0393
/// A Gid as this manager makes it: a prefix, and the epoch in the last 2 bytes (RFC 10021, appendix C).
public struct GroupIDLayout: Hashable, Sendable {
    public let prefix: [UInt8]
    public let epoch: UInt16

    public init(prefix: [UInt8], epoch: UInt16) {
        self.prefix = prefix
        self.epoch = epoch
    }

    /// `nil` for one that has no room for a prefix.
    public init?(_ groupID: [UInt8]) {
        guard groupID.count > Self.epochCount else { return nil }
        prefix = Array(groupID.dropLast(Self.epochCount))
        epoch = groupID.suffix(Self.epochCount).reduce(0) { $0 << 8 | UInt16($1) }
    }

    public var bytes: [UInt8] { prefix + [UInt8(epoch >> 8), UInt8(epoch & 0xff)] }

    /// Three random bytes: more groups than a manager will ever have, and epochs enough for a rekeying an hour for seven years.
    static let prefixCount = 3
    private static let epochCount = 2
}
