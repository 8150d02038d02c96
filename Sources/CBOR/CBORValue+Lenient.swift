import Bytes

extension CBORValue {
    /// Decodes exactly one well-formed item, in whatever way it is encoded: longer heads than needed and indefinite
    /// lengths are taken as well (RFC 8949 §3, §4.2). What it means is the same as in the deterministic encoding.
    ///
    /// For messages of others, of which nobody said that they are deterministic. Memory stays proportional to the input.
    ///
    /// - Parameters:
    ///   - bytes: The whole encoding.
    ///   - maximumDepth: How many arrays, maps and tags may enclose an item.
    /// - Throws: Any ``CBORError`` but ``CBORError/notShortest`` and ``CBORError/notDeterministic``;
    ///   ``CBORError/indefiniteLength`` for a "break" where there is none to be. Duplicate keys and trailing bytes are
    ///   refused.
    public init(
        decodingAnyEncoding bytes: Span<UInt8>, maximumDepth: Int = CBORReader.defaultMaximumDepth
    ) throws(CBORError) {
        var reader = LenientReader(reader: ByteReader(bytes))
        self = try reader.readValue(maximumDepth: maximumDepth)
        guard reader.reader.isAtEnd else { throw .trailingBytes }
    }
}

/// Reads any well-formed CBOR.
private struct LenientReader: ~Escapable {
    var reader: ByteReader

    @_lifetime(copy reader)
    init(reader: consuming ByteReader) {
        self.reader = reader
    }

    /// A head; the argument is `nil` for an indefinite length.
    private struct Head {
        var major: MajorType
        var information: UInt8
        var argument: UInt64?
    }

    private static let stop: UInt8 = 0xff

    @_lifetime(self: copy self)
    private mutating func readHead() throws(CBORError) -> Head {
        guard let first = reader.readByte() else { throw .truncated }
        guard let major = MajorType(rawValue: first >> 5) else { throw .reserved }
        let information = first & 0x1f
        switch information {
        case 0..<24: return Head(major: major, information: information, argument: UInt64(information))
        case 24...27:
            guard let argument = reader.readInteger(byteCount: 1 << Int(information - 24)) else { throw .truncated }
            return Head(major: major, information: information, argument: argument)
        case 31:
            switch major {
            case .bytes, .text, .array, .map: return Head(major: major, information: information, argument: nil)
            case .unsigned, .negative, .tag: throw .reserved
            case .simple: throw .indefiniteLength
            }
        default: throw .reserved
        }
    }

    @_lifetime(self: copy self)
    mutating func readValue(maximumDepth: Int) throws(CBORError) -> CBORValue {
        // Before the head is looked at, as in the strict reader.
        if let next = reader.next, (4...6).contains(next >> 5), maximumDepth <= 0 { throw .tooDeep }
        let head = try readHead()
        switch (head.major, head.argument) {
        case (.unsigned, let argument?): return .unsigned(argument)
        case (.negative, let argument?): return .negative(argument)
        case (.tag, let argument?): return .tagged(argument, try readValue(maximumDepth: maximumDepth - 1))
        case (.bytes, let count): return .bytes(try readString(.bytes, count: count))
        case (.text, let count): return .text(try readText(count: count))
        case (.array, let count): return .array(try readItems(count: count, maximumDepth: maximumDepth - 1))
        case (.map, let count): return .map(try readMap(count: count, maximumDepth: maximumDepth - 1))
        case (.simple, let argument?): return try Self.simpleValue(information: head.information, argument)
        case (_, nil): throw .reserved
        }
    }

    /// The content of a string, or of all chunks of one of indefinite length.
    @_lifetime(self: copy self)
    private mutating func readString(_ major: MajorType, count: UInt64?) throws(CBORError) -> [UInt8] {
        if let count { return try readContent(count) }
        var content: [UInt8] = []
        while try !readStop() {
            let chunk = try readHead()
            // RFC 8949 §3.2.3: chunks are strings of definite length and of the same type.
            guard chunk.major == major, let count = chunk.argument else { throw .wrongType }
            let bytes = try readContent(count)
            // Each chunk of a text is UTF-8 by itself.
            if major == .text { _ = try Self.text(bytes) }
            content += bytes
        }
        return content
    }

    @_lifetime(self: copy self)
    private mutating func readContent(_ count: UInt64) throws(CBORError) -> [UInt8] {
        guard count <= UInt64(reader.remaining), let content = reader.read(Int(count)) else { throw .truncated }
        return [UInt8](copying: content)
    }

    @_lifetime(self: copy self)
    private mutating func readText(count: UInt64?) throws(CBORError) -> String {
        try Self.text(try readString(.text, count: count))
    }

    private static func text(_ bytes: [UInt8]) throws(CBORError) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.span))
        } catch {
            throw .invalidUTF8
        }
    }

    @_lifetime(self: copy self)
    private mutating func readItems(count: UInt64?, maximumDepth: Int) throws(CBORError) -> [CBORValue] {
        if let count, count > UInt64(reader.remaining) { throw .truncated }
        var items: [CBORValue] = []
        while try !isComplete(items.count, of: count) {
            items.append(try readValue(maximumDepth: maximumDepth))
        }
        return items
    }

    @_lifetime(self: copy self)
    private mutating func readMap(count: UInt64?, maximumDepth: Int) throws(CBORError) -> CBORMap {
        if let count, count > UInt64(reader.remaining / 2) { throw .truncated }
        var entries: [CBORMap.Entry] = []
        while try !isComplete(entries.count, of: count) {
            let key = try readValue(maximumDepth: maximumDepth)
            let value = try readValue(maximumDepth: maximumDepth)
            // One key in two encodings is one key.
            entries.append(CBORMap.Entry(key: key, value: value, encodedKey: key.encoded()))
        }
        return try CBORMap(decoded: entries)
    }

    /// Whether an array or a map is at its end; takes the "break" off.
    @_lifetime(self: copy self)
    private mutating func isComplete(_ done: Int, of count: UInt64?) throws(CBORError) -> Bool {
        if let count { return UInt64(done) == count }
        return try readStop()
    }

    @_lifetime(self: copy self)
    private mutating func readStop() throws(CBORError) -> Bool {
        guard let next = reader.next else { throw .truncated }
        guard next == Self.stop else { return false }
        _ = reader.readByte()
        return true
    }

    private static func simpleValue(information: UInt8, _ argument: UInt64) throws(CBORError) -> CBORValue {
        switch information {
        case 20: return .bool(false)
        case 21: return .bool(true)
        case 22: return .null
        case 23: return .undefined
        // RFC 8949 §3.3: simple values below 32 have no two-byte form.
        case 24 where argument < 32: throw .reserved
        case 25: return .float(CBORFloat(width: .half, bits: argument))
        case 26: return .float(CBORFloat(width: .single, bits: argument))
        case 27: return .float(CBORFloat(width: .double, bits: argument))
        default: return .simple(UInt8(truncatingIfNeeded: argument))
        }
    }
}
