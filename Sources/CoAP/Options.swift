import Bytes

/// The options of one message, owned, kept encoded and in ascending order (RFC 7252 §3.1).
///
/// The encoding of a sequence of options is unique, so equal bytes mean equal options. Reading walks the bytes: for a
/// handful of options that is cheaper than a table.
public struct Options: Hashable, Sendable {
    /// The options as they stand on the wire, without payload marker.
    public private(set) var encoded: [UInt8]
    internal private(set) var lastNumber: OptionNumber

    /// No options.
    public init() {
        self.encoded = []
        self.lastNumber = OptionNumber(rawValue: 0)
    }

    /// Reads encoded options.
    ///
    /// - Parameter encoded: Options only; a payload marker is an error.
    /// - Throws: What ``OptionReader/advance()`` throws, and ``CoAPFormatError/reservedOptionNibble`` for a payload.
    public init(encoded: Span<UInt8>) throws(CoAPFormatError) {
        let (options, payloadLength) = try Self.split(encoded)
        guard payloadLength == 0 else { throw .reservedOptionNibble }
        self = options
    }

    /// Reads `options | [ff | payload]`; answers the options and how many bytes at the end are payload.
    internal static func split(_ body: Span<UInt8>) throws(CoAPFormatError) -> (Options, payloadLength: Int) {
        var reader = OptionReader(body)
        while try reader.advance() {}
        var options = Options()
        let payloadLength = reader.payload.count
        let end = payloadLength == 0 ? body.count : body.count - payloadLength - 1
        options.encoded = [UInt8](copying: body.extracting(first: end))
        options.lastNumber = reader.number
        return (options, payloadLength)
    }

    /// Whether there are none.
    public var isEmpty: Bool { encoded.isEmpty }

    /// A reader over the encoded options, borrowed from this value.
    public var reader: OptionReader {
        @_lifetime(borrow self)
        get { OptionReader(encoded.span) }
    }

    /// Adds an option behind all options with the same or a lower number (COAP-0015).
    ///
    /// - Parameter value: At most ``OptionWriter/maximumValueLength`` bytes.
    public mutating func append(_ number: OptionNumber, _ value: [UInt8]) {
        guard number < lastNumber else {
            var writer = OptionWriter(after: lastNumber)
            writer.write(number, value.span, into: &encoded)
            lastNumber = number
            return
        }
        var options = Options()
        var isInserted = false
        forEach { other, bytes in
            if !isInserted, other > number {
                options.append(number, value)
                isInserted = true
            }
            options.append(other, [UInt8](copying: bytes))
        }
        self = options
    }

    /// Adds an option whose value is text in UTF-8.
    public mutating func append(_ number: OptionNumber, text: String) {
        append(number, Array(text.utf8))
    }

    /// Adds an option whose value is a number, in as few bytes as possible (COAP-0016).
    public mutating func append(_ number: OptionNumber, uint value: UInt64) {
        append(number, OptionUInt.encode(value))
    }

    /// Removes every option with this number.
    public mutating func remove(_ number: OptionNumber) {
        guard contains(number) else { return }
        removeAll { $0 == number }
    }

    /// Removes every option whose number is unwanted.
    public mutating func removeAll(where isUnwanted: (OptionNumber) -> Bool) {
        var isFound = false
        forEach { number, _ in if isUnwanted(number) { isFound = true } }
        guard isFound else { return }
        var options = Options()
        forEach { number, bytes in
            if !isUnwanted(number) { options.append(number, [UInt8](copying: bytes)) }
        }
        self = options
    }

    /// Puts one option in the place of all options with this number.
    public mutating func set(_ number: OptionNumber, _ value: [UInt8]) {
        remove(number)
        append(number, value)
    }

    /// Whether there is at least one option with this number.
    public func contains(_ number: OptionNumber) -> Bool {
        withFirst(number) { _ in true } ?? false
    }

    /// The value of the first option with this number.
    public func first(of number: OptionNumber) -> [UInt8]? {
        withFirst(number) { [UInt8](copying: $0) }
    }

    /// Lends the value of the first option with this number; `nil` if there is none.
    @inline(__always)
    internal func withFirst<Result>(_ number: OptionNumber, _ body: (Span<UInt8>) -> Result?) -> Result? {
        // They ascend: what is asked for most is behind the last one, and nothing need be walked to know.
        guard number <= lastNumber, !encoded.isEmpty else { return nil }
        var reader = OptionReader(encoded.span)
        while (try? reader.advance()) == true, reader.number <= number {
            if reader.number == number { return body(reader.value) }
        }
        return nil
    }

    /// The values of all options with this number, in order.
    public func values(of number: OptionNumber) -> [[UInt8]] {
        var values: [[UInt8]] = []
        guard number <= lastNumber else { return values }
        forEach { other, bytes in
            if other == number { values.append([UInt8](copying: bytes)) }
        }
        return values
    }

    /// The number in the first option with this number; `nil` if there is none or it is longer than 8 bytes.
    public func uint(of number: OptionNumber) -> UInt64? {
        withFirst(number) { OptionUInt.decode($0) }
    }

    /// Calls `body` for each option in ascending order; the value is lent for the call only.
    public func forEach(_ body: (OptionNumber, Span<UInt8>) -> Void) {
        var reader = OptionReader(encoded.span)
        // `encoded` was checked or written by this type: it cannot fail.
        while (try? reader.advance()) == true {
            body(reader.number, reader.value)
        }
    }
}
