public import Bytes

/// Walks an encoded option sequence, `options | [ff | payload]`, without allocating (RFC 7252 §3.1).
///
/// Call ``advance()`` until it answers `false`; then ``payload`` is known. After an error every further call throws the
/// same error.
public struct OptionReader: ~Escapable, Sendable {
    @usableFromInline
    internal var unread: ByteReader
    @usableFromInline
    internal var currentValue: Span<UInt8>
    @usableFromInline
    internal var payloadBytes: Span<UInt8>

    @usableFromInline
    internal var currentNumber: OptionNumber

    /// The number of the current option; 0 before the first.
    @inlinable
    public var number: OptionNumber { currentNumber }

    /// The value of the current option; empty before the first.
    public var value: Span<UInt8> {
        @_lifetime(copy self)
        @inlinable
        get { currentValue }
    }

    /// What follows the payload marker; empty if there is none, and until ``advance()`` has answered `false`.
    public var payload: Span<UInt8> {
        @_lifetime(copy self)
        @inlinable
        get { payloadBytes }
    }

    /// Starts before the first option.
    @_lifetime(copy encoded)
    @inlinable
    public init(_ encoded: Span<UInt8>) {
        self.unread = ByteReader(encoded)
        self.currentNumber = OptionNumber(rawValue: 0)
        self.currentValue = encoded.extracting(first: 0)
        self.payloadBytes = encoded.extracting(first: 0)
    }

    /// Moves to the next option; `false` when there are no more.
    @_lifetime(self: copy self)
    @inlinable
    public mutating func advance() throws(CoAPFormatError) -> Bool {
        var reader = unread
        guard let head = reader.readByte() else { return false }
        if head == 0xff {
            // COAP-0010: a marker without payload is a format error.
            guard !reader.isAtEnd else { throw .missingPayload }
            payloadBytes = reader.rest
            unread = ByteReader(reader.rest.extracting(first: 0))
            return false
        }
        let delta = try Self.extend(head >> 4, &reader)
        let length = try Self.extend(head & 0x0f, &reader)
        // COAP-0014: the sum of the deltas stays within 16 bits.
        guard let sum = UInt16(exactly: Int(currentNumber.rawValue) + delta) else { throw .optionNumberOverflow }
        // COAP-0013
        guard let value = reader.read(length) else { throw .truncatedOption }
        #if GOSC_PLANTED_TRAP
            PlantedTrap.optionReader.spring(if: sum == 2053, value.count == 3, value.count > 2 && value[2] == 0x2a)
        #endif
        currentNumber = OptionNumber(rawValue: sum)
        currentValue = value
        unread = reader
        return true
    }

    /// COAP-0011, COAP-0012: 13 adds one byte, 14 two bytes, 15 is reserved.
    @_lifetime(reader: copy reader)
    @inlinable
    internal static func extend(_ nibble: UInt8, _ reader: inout ByteReader) throws(CoAPFormatError) -> Int {
        switch nibble {
        case 13:
            guard let more = reader.readByte() else { throw .truncatedOption }
            return Int(more) + 13
        case 14:
            guard let more = reader.readInteger(byteCount: 2) else { throw .truncatedOption }
            return Int(more) + 269
        case 15: throw .reservedOptionNibble
        default: return Int(nibble)
        }
    }
}
