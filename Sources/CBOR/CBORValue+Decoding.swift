import Bytes

extension CBORValue {
    /// Decodes exactly one item.
    ///
    /// Memory stays proportional to the input: a count is checked against the bytes left, and of what it announces only
    /// a few places are reserved in advance.
    ///
    /// - Parameters:
    ///   - bytes: The whole encoding.
    ///   - maximumDepth: How many arrays, maps and tags may enclose an item.
    /// - Throws: Any ``CBORError``; duplicate keys and trailing bytes are refused.
    public init(
        decoding bytes: Span<UInt8>, maximumDepth: Int = CBORReader.defaultMaximumDepth
    ) throws(CBORError) {
        var reader = CBORReader(bytes)
        self = try reader.readValue(maximumDepth: maximumDepth)
        try reader.finish()
    }

    /// Decodes exactly one item that must be encoded deterministically, map order included (RFC 8949 §4.2.1).
    ///
    /// The width of floats is not judged.
    ///
    /// - Throws: Any ``CBORError``; ``CBORError/notDeterministic`` for unsorted keys.
    public init(
        decodingDeterministic bytes: Span<UInt8>, maximumDepth: Int = CBORReader.defaultMaximumDepth
    ) throws(CBORError) {
        try self.init(decoding: bytes, maximumDepth: maximumDepth)
        guard encoded() == [UInt8](copying: bytes) else { throw .notDeterministic }
    }
}

extension CBORReader {
    /// Reads one whole item as a tree.
    ///
    /// - Parameter maximumDepth: How many arrays, maps and tags may enclose an item.
    /// - Throws: What ``skipItem(maximumDepth:)`` throws, and ``CBORError/duplicateKey`` for a key that comes twice in
    ///   one map.
    @_lifetime(self: copy self)
    public mutating func readValue(
        maximumDepth: Int = CBORReader.defaultMaximumDepth
    ) throws(CBORError) -> CBORValue {
        switch nextMajorType {
        case .unsigned: return .unsigned(try readUnsigned())
        case .negative: return .negative(try readHead().argument)
        case .bytes: return .bytes([UInt8](copying: try readBytes()))
        case .text: return .text(try readText())
        case .array: return .array(try readItems(maximumDepth: maximumDepth))
        case .map: return .map(try readMap(maximumDepth: maximumDepth))
        case .tag:
            guard maximumDepth > 0 else { throw .tooDeep }
            let tag = try readTag()
            return .tagged(tag, try readValue(maximumDepth: maximumDepth - 1))
        case .simple: return Self.simpleValue(of: try readHead())
        case nil: throw .truncated
        }
    }

    @_lifetime(self: copy self)
    private mutating func readItems(maximumDepth: Int) throws(CBORError) -> [CBORValue] {
        guard maximumDepth > 0 else { throw .tooDeep }
        let count = try readArrayHeader()
        var items: [CBORValue] = []
        items.reserveCapacity(min(count, Self.mostReserved))
        for _ in 0..<count {
            items.append(try readValue(maximumDepth: maximumDepth - 1))
        }
        return items
    }

    @_lifetime(self: copy self)
    private mutating func readMap(maximumDepth: Int) throws(CBORError) -> CBORMap {
        guard maximumDepth > 0 else { throw .tooDeep }
        let count = try readMapHeader()
        var entries: [CBORMap.Entry] = []
        entries.reserveCapacity(min(count, Self.mostReserved))
        for _ in 0..<count {
            let key = try readValue(maximumDepth: maximumDepth - 1)
            let value = try readValue(maximumDepth: maximumDepth - 1)
            entries.append(CBORMap.Entry(key: key, value: value, encodedKey: key.encoded()))
        }
        #if GOSC_PLANTED_TRAP
            PlantedTrap.cborValue.spring(
                if: count == 2, entries.first?.value.isNull == true, entries.last?.key.byteString?.count == 5)
        #endif
        return try CBORMap(decoded: entries)
    }

    /// Announced items that are not there cost no more than this. Nested arrays could otherwise announce the same bytes of
    /// the input as items once for each level.
    private static var mostReserved: Int { 16 }

    private static func simpleValue(of head: CBORHead) -> CBORValue {
        switch head.information {
        case 20: .bool(false)
        case 21: .bool(true)
        case 22: .null
        case 23: .undefined
        case 25: .float(CBORFloat(width: .half, bits: head.argument))
        case 26: .float(CBORFloat(width: .single, bits: head.argument))
        case 27: .float(CBORFloat(width: .double, bits: head.argument))
        default: .simple(UInt8(truncatingIfNeeded: head.argument))
        }
    }
}
