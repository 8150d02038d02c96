public import Bytes

/// The identifier of a sender, or seen from the other side of a recipient: 0 to 7 bytes (RFC 8613 §3.3).
///
/// Seven bytes are the most that any nonce leaves room for (13 − 6). Held inline, so that it costs no allocation.
public struct SenderID: Hashable, BitwiseCopyable, Sendable {
    /// The count in the first byte, the identifier in the last ones: one word, because every binding holds several.
    @usableFromInline
    internal let packed: UInt64

    /// How many bytes the identifier has, 0 to 7.
    @inlinable
    public var count: Int { Int(truncatingIfNeeded: packed >> 56) }

    /// The identifier as a number, most significant byte first.
    @inlinable
    internal var value: UInt64 { packed & (1 << 56 - 1) }

    /// The most bytes that fit into the longest nonce.
    public static let maximumCount = 7

    /// Creates an identifier; `nil` if `bytes` is longer than 7 bytes.
    @inlinable
    @inline(__always)
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count <= Self.maximumCount else { return nil }
        packed = Self.pack(bytes)
    }

    /// Creates an identifier; `nil` if `bytes` is longer than 7 bytes.
    public init?(_ bytes: [UInt8]) {
        self.init(bytes.span)
    }

    /// The identifier as a byte string.
    public var bytes: [UInt8] {
        (0..<count).map { byte(at: $0) }
    }

    /// Whether `bytes` is exactly this identifier.
    @inlinable
    @inline(__always)
    public func matches(_ bytes: Span<UInt8>) -> Bool {
        bytes.count <= Self.maximumCount && Self.pack(bytes) == packed
    }

    /// At most seven bytes and how many they are.
    @inlinable
    @inline(__always)
    internal static func pack(_ bytes: Span<UInt8>) -> UInt64 {
        bytes.bigEndianNumber | UInt64(truncatingIfNeeded: bytes.count) << 56
    }

    /// Appends the identifier to `sink`.
    @inlinable
    public func write(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        for index in 0..<count {
            sink.append(byte(at: index))
        }
    }

    @inlinable
    internal func byte(at index: Int) -> UInt8 {
        UInt8(truncatingIfNeeded: packed >> UInt64(8 * (count - 1 - index)))
    }
}

extension SenderID: CustomStringConvertible {
    /// Lower-case hex.
    public var description: String { Hex.encode(bytes) }
}
