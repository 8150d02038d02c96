import Bytes

/// The identifier of a group's current Security Context, the ID Context of RFC 8613 (RFC 10021 §2.1.3).
///
/// Changes with every rekeying. Opaque bytes, never absent.
public struct GroupID: Hashable, Sendable {
    /// 0 to ``maximumCount`` bytes.
    public let bytes: [UInt8]

    // GOSC-0146
    /// The longest that always fits into an option value: 255 − flags − Partial IV − length byte − kid.
    public static let maximumCount = 255 - 1 - 5 - 1 - 7

    /// Creates a Gid; `nil` if it would not fit into an option value.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumCount else { return nil }
        self.bytes = bytes
    }

    /// Whether `bytes` is exactly this Gid. Gids are public, so this may take any time.
    @inline(__always)
    public func matches(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count == self.bytes.count else { return false }
        for index in bytes.indices where bytes[index] != self.bytes[index] { return false }
        return true
    }
}

extension GroupID: CustomStringConvertible {
    /// Lower-case hex.
    public var description: String { Hex.encode(bytes) }
}
