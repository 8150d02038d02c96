public import Bytes

/// The identifier of a sender, or seen from the other side of a recipient: 0 to 7 bytes (RFC 8613 §3.3).
///
/// Seven bytes are the most that any nonce leaves room for (13 − 6). Held inline, so that it costs no allocation.
public struct SenderID: Hashable, Sendable {
    @usableFromInline
    internal let value: UInt64
    /// How many bytes the identifier has, 0 to 7.
    public let count: Int

    /// The most bytes that fit into the longest nonce.
    public static let maximumCount = 7

    /// Creates an identifier; `nil` if `bytes` is longer than 7 bytes.
    public init?(_ bytes: Span<UInt8>) {
        guard bytes.count <= Self.maximumCount else { return nil }
        var value: UInt64 = 0
        for index in bytes.indices {
            value = value << 8 | UInt64(bytes[index])
        }
        self.value = value
        self.count = bytes.count
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
    @inline(__always)
    public func matches(_ bytes: Span<UInt8>) -> Bool {
        guard bytes.count == count else { return false }
        for index in 0..<count where bytes[index] != byte(at: index) { return false }
        return true
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
        UInt8(truncatingIfNeeded: value >> UInt64(8 * (count - 1 - index)))
    }
}

extension SenderID: CustomStringConvertible {
    /// Lower-case hex.
    public var description: String { Hex.encode(bytes) }
}
