public import Bytes

/// The identifier of a group's current Security Context, the ID Context of RFC 8613 (RFC 10021 §2.1.3).
///
/// Changes with every rekeying. Opaque bytes, never absent.
public struct GroupID: Hashable, Sendable {
    // Every binding has a Gid, and counting a reference costs as much as all that a short message changes. So the Gids that
    // there are, of a few bytes, are held inline.
    /// The first eight bytes, most significant first; all of them if there are no more.
    private let first: UInt64
    /// The count in the first byte, the bytes behind the first eight in the last ones.
    private let second: UInt64
    /// All bytes of a Gid that is too long for that; `nil` for any other.
    private let long: [UInt8]?

    // GOSC-0146
    /// The longest that always fits into an option value: 255 − flags − Partial IV − length byte − kid.
    public static let maximumCount = 255 - 1 - 5 - 1 - 7

    /// The longest that is held inline.
    private static let maximumInlineCount = 15

    /// Creates a Gid; `nil` if it would not fit into an option value.
    public init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.maximumCount else { return nil }
        if bytes.count <= Self.maximumInlineCount {
            (first, second) = Self.pack(bytes.span)
            long = nil
        } else {
            (first, second) = (0, UInt64(bytes.count) << 56)
            long = bytes
        }
    }

    /// How many bytes it has, 0 to ``maximumCount``.
    public var count: Int { Int(truncatingIfNeeded: second >> 56) }

    /// The bytes, as a new array.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        write(into: &bytes)
        return bytes
    }

    /// Appends the bytes.
    public func write(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        if let long {
            sink.append(copying: long.span)
            return
        }
        let (count, leading) = (count, min(count, 8))
        for index in 0..<leading { sink.append(UInt8(truncatingIfNeeded: first >> UInt64(8 * (leading - 1 - index)))) }
        for index in leading..<count {
            sink.append(UInt8(truncatingIfNeeded: second >> UInt64(8 * (count - 1 - index))))
        }
    }

    @inline(__always)
    public static func == (left: Self, right: Self) -> Bool {
        guard left.first == right.first, left.second == right.second else { return false }
        // Of the same length, so both are long or none is.
        return left.long == nil || left.long == right.long
    }

    /// Whether `bytes` is exactly this Gid. Gids are public, so this may take any time.
    @inline(__always)
    public func matches(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count == count else { return false }
        if bytes.count <= Self.maximumInlineCount { return Self.pack(bytes) == (first, second) }
        return matchesLong(bytes)
    }

    @inline(never)
    private func matchesLong(_ bytes: Span<UInt8>) -> Bool {
        guard let long, bytes.count == long.count else { return false }
        for index in bytes.indices where bytes[index] != long[index] { return false }
        return true
    }

    /// At most 15 bytes and how many they are.
    @inline(__always)
    private static func pack(_ bytes: Span<UInt8>) -> (UInt64, UInt64) {
        let count = UInt64(truncatingIfNeeded: bytes.count) << 56
        guard bytes.count > 8 else { return (bytes.bigEndianNumber, count) }
        let (leading, rest) = (bytes.extracting(first: 8), bytes.extracting(droppingFirst: 8))
        return (leading.bigEndianNumber, rest.bigEndianNumber | count)
    }
}

extension GroupID: CustomStringConvertible {
    /// Lower-case hex.
    public var description: String { Hex.encode(bytes) }
}
