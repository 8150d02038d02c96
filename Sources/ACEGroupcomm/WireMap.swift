import CBOR

/// The integer keys of one kind of map.
protocol WireLabel: Hashable, Sendable {
    var rawValue: Int64 { get }
}

/// A CBOR map with the integer labels of one registry: typed reading with errors that name the label, sorted writing.
struct WireMap<Label: WireLabel>: Sendable {
    private var pairs: CBORMap

    init() {
        self.pairs = CBORMap()
    }

    init(_ value: CBORValue) throws(GroupcommError) {
        guard case .map(let pairs) = value else { throw .wrongShape }
        self.pairs = pairs
    }

    init(decoding bytes: Span<UInt8>) throws(GroupcommError) {
        try self.init(CBORValue.decode(bytes))
    }

    subscript(label: Label) -> CBORValue? {
        get { pairs[label.rawValue] }
        set { pairs[label.rawValue] = newValue }
    }

    var value: CBORValue { .map(pairs) }

    func encoded() -> [UInt8] {
        value.encoded()
    }

    /// Reads a parameter that must be there.
    func required<Value>(_ label: Label, _ read: (CBORValue) -> Value?) throws(GroupcommError) -> Value {
        guard let value = try optional(label, read) else { throw .missing(label.rawValue) }
        return value
    }

    /// Reads a parameter that may be absent; `null` counts as present and is up to `read`.
    func optional<Value>(_ label: Label, _ read: (CBORValue) -> Value?) throws(GroupcommError) -> Value? {
        guard let raw = self[label] else { return nil }
        guard let value = read(raw) else { throw .wrongType(label.rawValue) }
        return value
    }

    // GM-0361: where an unknown parameter is an error.
    func refuseLabels(except known: Set<Label>) throws(GroupcommError) {
        let numbers = Set(known.map(\.rawValue))
        for key in pairs.keys {
            guard let number = key.integer else { throw .wrongShape }
            guard numbers.contains(number) else { throw .unexpected(number) }
        }
    }
}

extension CBORValue {
    // GM-0362: deep enough for every message here, shallow enough that nesting costs nothing.
    // GM-0363: others need not encode deterministically.
    /// Decodes exactly one item in any encoding, with the depth limit of this module.
    static func decode(_ bytes: Span<UInt8>) throws(GroupcommError) -> CBORValue {
        do {
            return try CBORValue(decodingAnyEncoding: bytes, maximumDepth: 8)
        } catch {
            throw .malformed(error)
        }
    }

    /// The integers of an array of nothing else.
    var integers: [Int]? {
        arrayItems.flatMap { allOrNil($0, \.algorithmNumber) }
    }

    /// The contents of an array of nothing but byte strings.
    var byteStrings: [[UInt8]]? {
        arrayItems.flatMap { allOrNil($0, \.byteString) }
    }

    var texts: [String]? {
        arrayItems.flatMap { allOrNil($0, \.textString) }
    }

    /// A number from an algorithm or format registry.
    var algorithmNumber: Int? { integer.flatMap { Int(exactly: $0) } }
}

/// Maps every element, or nothing if one of them does not fit.
func allOrNil<Element, Value>(_ elements: [Element], _ transform: (Element) -> Value?) -> [Value]? {
    var values: [Value] = []
    for element in elements {
        guard let value = transform(element) else { return nil }
        values.append(value)
    }
    return values
}
