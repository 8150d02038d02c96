public import Bytes

/// Writes options in ascending order of their numbers into any sink, without allocating (RFC 7252 §3.1).
public struct OptionWriter: Sendable {
    /// The number written last; 0 before the first.
    @inlinable
    public var lastNumber: OptionNumber { previous }
    @usableFromInline
    internal var previous: OptionNumber

    /// The longest value that the format can express.
    public static let maximumValueLength = 0xffff + 269

    /// Starts before the first option.
    ///
    /// - Parameter lastNumber: The last number already in the sink, when options are added to an existing sequence.
    @inlinable
    public init(after lastNumber: OptionNumber = OptionNumber(rawValue: 0)) {
        self.previous = lastNumber
    }

    /// Appends one option.
    ///
    /// - Parameters:
    ///   - number: Not below the one written before (COAP-0015): the caller orders.
    ///   - value: At most ``maximumValueLength`` bytes.
    ///   - sink: Receives ``length(delta:valueLength:)`` bytes.
    @inlinable
    @_lifetime(sink: copy sink)
    public mutating func write(
        _ number: OptionNumber, _ value: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        writeHead(number, valueLength: value.count, into: &sink)
        sink.append(copying: value)
    }

    /// Appends one option whose value is an unsigned number in as few bytes as possible, none for 0 (COAP-0016).
    @inlinable
    @_lifetime(sink: copy sink)
    public mutating func write(
        _ number: OptionNumber, uint value: UInt64, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        let count = OptionUInt.length(value)
        writeHead(number, valueLength: count, into: &sink)
        OptionUInt.write(value, into: &sink)
    }

    /// Appends the head of an option; the caller appends the `valueLength` bytes of the value itself.
    @inlinable
    @_lifetime(sink: copy sink)
    public mutating func writeHead(
        _ number: OptionNumber, valueLength: Int, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        precondition(number >= lastNumber, "options are written in ascending order")
        precondition(valueLength <= Self.maximumValueLength, "longer than an option can be")
        let delta = Int(number.rawValue) - Int(lastNumber.rawValue)
        previous = number
        if delta < 13, valueLength < 13 {
            sink.append(UInt8(truncatingIfNeeded: delta << 4 | valueLength))
            return
        }
        sink.append(Self.nibble(delta) << 4 | Self.nibble(valueLength))
        Self.extend(delta, into: &sink)
        Self.extend(valueLength, into: &sink)
    }

    /// Appends the marker and the payload; nothing at all if the payload is empty (COAP-0010).
    @inlinable
    @_lifetime(sink: copy sink)
    public func writePayload(_ payload: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        guard !payload.isEmpty else { return }
        sink.append(0xff)
        sink.append(copying: payload)
    }

    /// How many bytes an option takes, head and value.
    ///
    /// - Parameters:
    ///   - delta: Its number less the number before it, 0 to 65535.
    ///   - valueLength: 0 to ``maximumValueLength``.
    @inlinable
    public static func length(delta: Int, valueLength: Int) -> Int {
        1 + extensionLength(delta) + extensionLength(valueLength) + valueLength
    }

    // COAP-0020: the shortest form; there is only one for each value.

    @inlinable
    internal static func nibble(_ value: Int) -> UInt8 {
        value < 13 ? UInt8(truncatingIfNeeded: value) : value < 269 ? 13 : 14
    }

    @inlinable
    internal static func extensionLength(_ value: Int) -> Int {
        value < 13 ? 0 : value < 269 ? 1 : 2
    }

    @inlinable
    @_lifetime(sink: copy sink)
    internal static func extend(_ value: Int, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        if value >= 269 {
            sink.append(UInt8(truncatingIfNeeded: (value - 269) >> 8))
            sink.append(UInt8(truncatingIfNeeded: value - 269))
        } else if value >= 13 {
            sink.append(UInt8(truncatingIfNeeded: value - 13))
        }
    }
}

/// The `uint` format of option values (RFC 7252 §3.2).
public enum OptionUInt: Sendable {
    /// The number of bytes of the shortest form, 0 to 8.
    @inlinable
    public static func length(_ value: UInt64) -> Int {
        (UInt64.bitWidth - value.leadingZeroBitCount + 7) / 8
    }

    /// Appends the shortest form: nothing for 0.
    @inlinable
    @_lifetime(sink: copy sink)
    public static func write(_ value: UInt64, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        for index in (0..<length(value)).reversed() {
            sink.append(UInt8(truncatingIfNeeded: value >> (8 * UInt64(index))))
        }
    }

    /// The shortest form as an array.
    @inlinable
    public static func encode(_ value: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        write(value, into: &bytes)
        return bytes
    }

    /// Reads 0 to 8 bytes, leading zeros allowed (COAP-0016); `nil` for more.
    @inlinable
    public static func decode(_ bytes: Span<UInt8>) -> UInt64? {
        var reader = ByteReader(bytes)
        return reader.readInteger(byteCount: bytes.count)
    }
}
