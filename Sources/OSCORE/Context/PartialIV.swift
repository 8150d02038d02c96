public import Bytes

/// A Sender Sequence Number as it travels in a message: 0 to 2^40 − 1 (RFC 8613 §5, §7.2.1).
public struct PartialIV: Hashable, Comparable, BitwiseCopyable, Sendable {
    /// The number itself.
    public let value: UInt64

    // OSC-0070: a Sender Sequence Number never exceeds 2^40 − 1.
    /// The last number that a Sender Context may use.
    public static let maximum = Self(unchecked: (1 << 40) - 1)

    /// The first number of a Sender Context (OSC-0012).
    public static let zero = Self(unchecked: 0)

    /// Creates a Partial IV; `nil` above ``maximum``.
    public init?(_ value: UInt64) {
        guard value <= Self.maximum.value else { return nil }
        self.value = value
    }

    // OSC-0116: superfluous leading zero bytes violate the encoding rule.
    /// Decodes 1 to 5 bytes, shortest form; `nil` for anything else.
    @inline(__always)
    public init?(decoding bytes: Span<UInt8>) {
        guard bytes.count >= 1, bytes.count <= 5, bytes.count == 1 || bytes[0] != 0 else { return nil }
        value = bytes.bigEndianNumber
    }

    /// Decodes 1 to 5 bytes, shortest form; `nil` for anything else.
    public init?(decoding bytes: [UInt8]) {
        self.init(decoding: bytes.span)
    }

    @usableFromInline
    internal init(unchecked value: UInt64) {
        self.value = value
    }

    // OSC-0054
    /// How many bytes the shortest form has, 1 to 5; zero takes one byte.
    @inlinable
    public var encodedCount: Int {
        value == 0 ? 1 : (64 - value.leadingZeroBitCount + 7) / 8
    }

    /// Appends the shortest big-endian form.
    @inlinable
    public func write(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        // Most numbers are as short as this.
        if value <= 0xffff {
            if value > 0xff { sink.append(UInt8(truncatingIfNeeded: value >> 8)) }
            sink.append(UInt8(truncatingIfNeeded: value))
            return
        }
        var shift = 8 * encodedCount
        while shift > 0 {
            shift -= 8
            sink.append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
        }
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.value < right.value
    }
}
