public import Bytes

/// Matches responses to their request: 0 to 8 opaque bytes chosen by the client (RFC 7252 §5.3.1). Needs no heap.
public struct Token: Hashable, Sendable {
    /// The bytes as a big-endian number, right-aligned; the rest is zero.
    @usableFromInline
    internal let value: UInt64
    /// How many bytes there are, 0 to 8.
    public let count: Int

    /// The token of no bytes.
    public static let empty = Self(value: 0, count: 0)

    @usableFromInline
    internal init(value: UInt64, count: Int) {
        self.value = value
        self.count = count
    }

    /// Takes 0 to 8 bytes; `nil` for more.
    @inlinable
    public init?(_ bytes: Span<UInt8>) {
        var reader = ByteReader(bytes)
        guard let value = reader.readInteger(byteCount: bytes.count) else { return nil }
        self.init(value: value, count: bytes.count)
    }

    /// Takes 0 to 8 bytes; `nil` for more.
    public init?(_ bytes: [UInt8]) {
        self.init(bytes.span)
    }

    /// The 8 bytes of a number in network order.
    @inlinable
    public init(_ number: UInt64) {
        self.init(value: number, count: 8)
    }

    /// The bytes as they stand on the wire.
    public var bytes: [UInt8] {
        var bytes: [UInt8] = []
        write(into: &bytes)
        return bytes
    }

    /// Appends the ``count`` bytes.
    @inlinable
    @_lifetime(sink: copy sink)
    public func write(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        for index in 0..<count {
            sink.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(count - 1 - index))))
        }
    }
}

extension Token: CustomStringConvertible {
    /// Lower-case hexadecimal; tokens are no secret.
    public var description: String { Hex.encode(bytes) }
}

/// Detects duplicates, and matches acknowledgements and resets to what they answer (RFC 7252 §4.4).
public struct MessageID: Hashable, Sendable {
    /// The number on the wire, 0 to 65535.
    public let rawValue: UInt16

    /// Takes any number.
    @inlinable
    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }
}

/// What kind of datagram a message travels in (RFC 7252 §4).
public enum MessageType: UInt8, Hashable, Sendable, CaseIterable {
    // COAP-0003: the values of the two type bits.

    /// Retransmitted until acknowledged or reset.
    case confirmable = 0
    /// Sent once.
    case nonConfirmable = 1
    /// Answers a confirmable message.
    case acknowledgement = 2
    /// Says that a message came without a context to process it in.
    case reset = 3
}
