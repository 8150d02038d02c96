public import Bytes

/// Walks an encoded option sequence, `options | [ff | payload]`, without allocating (RFC 7252 §3.1).
///
/// Call ``advance()`` until it answers `false`; then ``payload`` is known. After an error every further call throws the
/// same error.
public struct OptionReader: ~Escapable, Sendable {
    @usableFromInline
    internal let encoded: Span<UInt8>
    /// Where the next option begins.
    @usableFromInline
    internal var position = 0
    @usableFromInline
    internal var valueStart = 0
    @usableFromInline
    internal var valueCount = 0
    @usableFromInline
    internal var payloadStart: Int

    @usableFromInline
    internal var currentNumber: OptionNumber

    /// The number of the current option; 0 before the first.
    @inlinable
    public var number: OptionNumber { currentNumber }

    /// The value of the current option; empty before the first.
    public var value: Span<UInt8> {
        @_lifetime(copy self)
        @inlinable
        get { encoded.extracting(valueStart..<valueStart + valueCount) }
    }

    /// What follows the payload marker; empty if there is none, and until ``advance()`` has answered `false`.
    public var payload: Span<UInt8> {
        @_lifetime(copy self)
        @inlinable
        get { encoded.extracting(payloadStart...) }
    }

    /// Starts before the first option.
    @_lifetime(copy encoded)
    @inlinable
    public init(_ encoded: Span<UInt8>) {
        self.encoded = encoded
        self.currentNumber = OptionNumber(rawValue: 0)
        self.payloadStart = encoded.count
    }

    /// Moves to the next option; `false` when there are no more.
    ///
    /// - Throws: ``CoAPFormatError/missingPayload`` for a payload marker at the end;
    ///   ``CoAPFormatError/reservedOptionNibble`` for a delta or a length of 15; ``CoAPFormatError/truncatedOption`` if
    ///   the bytes end within the option; ``CoAPFormatError/optionNumberOverflow`` for a number over 65535.
    @_lifetime(self: copy self)
    @inlinable
    @inline(__always)
    public mutating func advance() throws(CoAPFormatError) -> Bool {
        guard position < encoded.count else { return false }
        let head = encoded[position]
        if head == 0xff {
            // COAP-0010: a marker without payload is a format error.
            guard position + 1 < encoded.count else { throw .missingPayload }
            payloadStart = position + 1
            position = encoded.count
            return false
        }
        let (delta, length) = (Int(head >> 4), Int(head & 0x0f))
        // Most options are short and near to each other.
        if delta > 12 || length > 12 {
            // A copy, so that the reader itself can stay in registers as long as all heads are short.
            var extended = self
            try extended.advanceExtended(head)
            self = extended
        } else {
            try take(delta: delta, length: length, start: position + 1)
        }
        return true
    }

    /// The rest of ``advance()`` for an option whose head has more than one byte.
    @_lifetime(self: copy self)
    @usableFromInline
    @inline(never)
    internal mutating func advanceExtended(_ head: UInt8) throws(CoAPFormatError) {
        var reader = ByteReader(encoded.extracting((position + 1)...))
        let delta = try Self.extend(head >> 4, &reader)
        let length = try Self.extend(head & 0x0f, &reader)
        try take(delta: delta, length: length, start: encoded.count - reader.remaining)
    }

    @_lifetime(self: copy self)
    @inlinable
    @inline(__always)
    internal mutating func take(delta: Int, length: Int, start: Int) throws(CoAPFormatError) {
        // COAP-0014: the sum of the deltas stays within 16 bits.
        guard let sum = UInt16(exactly: Int(currentNumber.rawValue) + delta) else { throw .optionNumberOverflow }
        // COAP-0013
        guard length <= encoded.count - start else { throw .truncatedOption }
        #if GOSC_PLANTED_TRAP
            PlantedTrap.optionReader.spring(
                if: sum == 2053, length == 3, length > 2 && encoded[start + 2] == 0x2a)
        #endif
        currentNumber = OptionNumber(rawValue: sum)
        valueStart = start
        valueCount = length
        position = start + length
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
