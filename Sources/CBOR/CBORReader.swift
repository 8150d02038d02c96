import Bytes

/// Reads CBOR from borrowed bytes, item by item, without copying. Takes definite lengths and shortest forms only.
///
/// A count is believed only as far as the input can hold that many items, so a caller may reserve memory for it. After
/// an error the position is unspecified: give the reader up.
public struct CBORReader: ~Escapable, Sendable {
    /// How deep ``skipItem(maximumDepth:)`` and the value tree follow arrays, maps and tags unless told otherwise. The
    /// deepest structure of the protocols is 7; an attacker's nesting ends here instead of at the end of the stack.
    public static let defaultMaximumDepth = 16

    private var reader: ByteReader

    /// Starts at the first item of `bytes`.
    @_lifetime(copy bytes)
    public init(_ bytes: Span<UInt8>) {
        self.reader = ByteReader(bytes)
    }

    /// Whether everything has been read.
    public var isAtEnd: Bool { reader.isAtEnd }

    /// How many bytes have not been read yet.
    public var remaining: Int { reader.remaining }

    /// The type of the next item, or `nil` at the end.
    public var nextMajorType: MajorType? {
        reader.next.flatMap { MajorType(rawValue: $0 >> 5) }
    }

    /// Whether the next item is `null`.
    public var nextIsNull: Bool { reader.next == 0xf6 }

    /// Checks that nothing is left.
    ///
    /// - Throws: ``CBORError/trailingBytes``.
    public func finish() throws(CBORError) {
        guard reader.isAtEnd else { throw .trailingBytes }
    }

    /// Reads an unsigned integer.
    ///
    /// - Throws: ``CBORError/wrongType`` for an item of another type; ``CBORError/truncated``,
    ///   ``CBORError/notShortest``, ``CBORError/indefiniteLength`` or ``CBORError/reserved`` for a head that is not
    ///   well-formed.
    @_lifetime(self: copy self)
    public mutating func readUnsigned() throws(CBORError) -> UInt64 {
        try readArgument(of: .unsigned)
    }

    /// Reads an integer of either sign.
    ///
    /// - Throws: ``CBORError/tooLarge`` outside of the range of `Int64`; ``CBORError/wrongType`` for an item of another
    ///   type; ``CBORError/truncated``, ``CBORError/notShortest``, ``CBORError/indefiniteLength`` or
    ///   ``CBORError/reserved`` for a head that is not well-formed.
    @_lifetime(self: copy self)
    public mutating func readInteger() throws(CBORError) -> Int64 {
        let head = try readHead()
        guard head.major == .unsigned || head.major == .negative else { throw .wrongType }
        guard let magnitude = Int64(exactly: head.argument) else { throw .tooLarge }
        return head.major == .unsigned ? magnitude : ~magnitude
    }

    /// Reads a byte string and lends its content.
    ///
    /// - Throws: ``CBORError/wrongType`` for an item of another type; ``CBORError/truncated``,
    ///   ``CBORError/notShortest``, ``CBORError/indefiniteLength`` or ``CBORError/reserved`` for a head that is not
    ///   well-formed, and ``CBORError/truncated`` for content that is not all there.
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func readBytes() throws(CBORError) -> Span<UInt8> {
        let count = try readCount(of: .bytes, bytesPerItem: 1)
        guard let content = reader.read(count) else { throw .truncated }
        return content
    }

    /// Reads a text string.
    ///
    /// - Throws: ``CBORError/invalidUTF8`` for other bytes than UTF-8; ``CBORError/wrongType`` for an item of another
    ///   type; ``CBORError/truncated``, ``CBORError/notShortest``, ``CBORError/indefiniteLength`` or
    ///   ``CBORError/reserved`` for a head that is not well-formed, and ``CBORError/truncated`` for content that is not
    ///   all there.
    @_lifetime(self: copy self)
    public mutating func readText() throws(CBORError) -> String {
        let text = String(copying: try readUTF8())
        #if GOSC_PLANTED_TRAP
            PlantedTrap.cborReader.spring(
                if: text.utf8.count == 3, text.utf8.first == 0x66, text.utf8.last == 0x67)
        #endif
        return text
    }

    /// Reads a text string and lends it, checked.
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    private mutating func readUTF8() throws(CBORError) -> UTF8Span {
        let count = try readCount(of: .text, bytesPerItem: 1)
        guard let content = reader.read(count) else { throw .truncated }
        do {
            return try UTF8Span(validating: content)
        } catch {
            throw .invalidUTF8
        }
    }

    /// Reads the head of an array and returns how many items follow.
    ///
    /// - Throws: ``CBORError/wrongType`` for an item of another type; ``CBORError/truncated``,
    ///   ``CBORError/notShortest``, ``CBORError/indefiniteLength`` or ``CBORError/reserved`` for a head that is not
    ///   well-formed, and ``CBORError/truncated`` for more items than there are bytes left.
    @_lifetime(self: copy self)
    public mutating func readArrayHeader() throws(CBORError) -> Int {
        try readCount(of: .array, bytesPerItem: 1)
    }

    /// Reads the head of a map and returns how many pairs follow. The caller watches for duplicate keys.
    ///
    /// - Throws: ``CBORError/wrongType`` for an item of another type; ``CBORError/truncated``,
    ///   ``CBORError/notShortest``, ``CBORError/indefiniteLength`` or ``CBORError/reserved`` for a head that is not
    ///   well-formed, and ``CBORError/truncated`` for more pairs than the bytes left can hold.
    @_lifetime(self: copy self)
    public mutating func readMapHeader() throws(CBORError) -> Int {
        try readCount(of: .map, bytesPerItem: 2)
    }

    /// Reads a tag; the tagged item follows.
    ///
    /// - Throws: ``CBORError/wrongType`` for an item of another type; ``CBORError/truncated``,
    ///   ``CBORError/notShortest``, ``CBORError/indefiniteLength`` or ``CBORError/reserved`` for a head that is not
    ///   well-formed.
    @_lifetime(self: copy self)
    public mutating func readTag() throws(CBORError) -> UInt64 {
        try readArgument(of: .tag)
    }

    /// Reads `true` or `false`.
    ///
    /// - Throws: ``CBORError/wrongType`` for anything else; ``CBORError/truncated``, ``CBORError/notShortest``,
    ///   ``CBORError/indefiniteLength`` or ``CBORError/reserved`` for a head that is not well-formed.
    @_lifetime(self: copy self)
    public mutating func readBool() throws(CBORError) -> Bool {
        let head = try readHead()
        switch (head.major, head.information, head.argument) {
        case (.simple, 20, _): return false
        case (.simple, 21, _): return true
        default: throw .wrongType
        }
    }

    /// Reads `null`.
    ///
    /// - Throws: ``CBORError/wrongType`` for anything else; ``CBORError/truncated``, ``CBORError/notShortest``,
    ///   ``CBORError/indefiniteLength`` or ``CBORError/reserved`` for a head that is not well-formed.
    @_lifetime(self: copy self)
    public mutating func readNull() throws(CBORError) {
        let head = try readHead()
        guard head.major == .simple, head.information == 22 else { throw .wrongType }
    }

    /// Reads one whole item, checked for well-formedness, and lends its encoding.
    ///
    /// - Throws: What ``skipItem(maximumDepth:)`` throws.
    @_lifetime(self: copy self)
    @_lifetime(copy self)
    public mutating func readEncodedItem(
        maximumDepth: Int = CBORReader.defaultMaximumDepth
    ) throws(CBORError) -> Span<UInt8> {
        let start = reader.rest
        try skipItem(maximumDepth: maximumDepth)
        return start.extracting(first: start.count - reader.remaining)
    }

    /// Skips one whole item, however nested. Does not compare the keys of maps.
    ///
    /// - Parameter maximumDepth: How many arrays, maps and tags may enclose an item.
    /// - Throws: ``CBORError/tooDeep`` below `maximumDepth`; ``CBORError/truncated``, ``CBORError/notShortest``,
    ///   ``CBORError/indefiniteLength``, ``CBORError/reserved`` or ``CBORError/invalidUTF8`` for an item that is not
    ///   well-formed.
    @_lifetime(self: copy self)
    public mutating func skipItem(maximumDepth: Int = CBORReader.defaultMaximumDepth) throws(CBORError) {
        switch nextMajorType {
        case .bytes: _ = try readBytes()
        case .text: _ = try readUTF8()
        case .array, .map, .tag:
            // Before the head is looked at, as when the item is read: both refuse for the same reason.
            guard maximumDepth > 0 else { throw .tooDeep }
            for _ in 0..<(try readEnclosedCount()) {
                try skipItem(maximumDepth: maximumDepth - 1)
            }
        case .unsigned, .negative, .simple, nil: _ = try readHead()
        }
    }

    /// Reads the head of an array, a map or a tag; answers how many items it encloses.
    @_lifetime(self: copy self)
    private mutating func readEnclosedCount() throws(CBORError) -> Int {
        switch nextMajorType {
        case .array: return try readArrayHeader()
        case .map: return 2 * (try readMapHeader())
        default:
            _ = try readTag()
            return 1
        }
    }
}

/// The first bytes of an item.
internal struct CBORHead {
    internal var major: MajorType
    /// The five low bits of the first byte.
    internal var information: UInt8
    internal var argument: UInt64
}

extension CBORReader {
    /// Reads a head of any type. For floats the argument is their bit pattern.
    @_lifetime(self: copy self)
    internal mutating func readHead() throws(CBORError) -> CBORHead {
        guard let first = reader.readByte() else { throw .truncated }
        guard let major = MajorType(rawValue: first >> 5) else { throw .reserved }
        let information = first & 0x1f
        let byteCount: Int
        switch information {
        case 0..<24: return CBORHead(major: major, information: information, argument: UInt64(information))
        case 24...27: byteCount = 1 << Int(information - 24)
        case 31: throw .indefiniteLength
        default: throw .reserved
        }
        guard let argument = reader.readInteger(byteCount: byteCount) else { throw .truncated }
        if major == .simple {
            // RFC 8949 §3.3: simple values below 32 have no two-byte form.
            guard information != 24 || argument >= 32 else { throw .reserved }
        } else {
            guard CBOREncoding.headLength(argument) == 1 + byteCount else { throw .notShortest }
        }
        return CBORHead(major: major, information: information, argument: argument)
    }

    @_lifetime(self: copy self)
    private mutating func readArgument(of major: MajorType) throws(CBORError) -> UInt64 {
        let head = try readHead()
        guard head.major == major else { throw .wrongType }
        return head.argument
    }

    /// A count that the rest of the input can hold.
    @_lifetime(self: copy self)
    private mutating func readCount(of major: MajorType, bytesPerItem: Int) throws(CBORError) -> Int {
        let argument = try readArgument(of: major)
        guard argument <= UInt64(reader.remaining / bytesPerItem) else { throw .truncated }
        return Int(argument)
    }
}
