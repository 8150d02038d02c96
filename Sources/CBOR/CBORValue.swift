/// One data item as a tree, for cold paths (RFC 8949).
///
/// Two values are equal when they are the same item of the generic data model: the order in which a map was written does
/// not matter.
public enum CBORValue: Hashable, Sendable {
    case unsigned(UInt64)
    /// The number −1 − n.
    case negative(UInt64)
    case bytes([UInt8])
    case text(String)
    case array([CBORValue])
    case map(CBORMap)
    indirect case tagged(UInt64, CBORValue)
    case bool(Bool)
    case null
    case undefined
    /// A simple value without a meaning of its own: 0 to 19 or 32 to 255.
    case simple(UInt8)
    case float(CBORFloat)
}

/// A floating-point number exactly as it was encoded, width included.
public struct CBORFloat: Hashable, Sendable {
    /// The IEEE 754 interchange formats (RFC 8949 §3.3).
    public enum Width: Int, Hashable, Sendable {
        case half = 2
        case single = 4
        case double = 8
    }

    /// How many bytes the number takes after its first byte.
    public let width: Width
    /// The IEEE 754 bit pattern, in the low bits.
    public let bits: UInt64

    /// Takes a bit pattern; bits above the width are dropped.
    public init(width: Width, bits: UInt64) {
        self.width = width
        self.bits = bits & (UInt64.max >> UInt64(64 - 8 * width.rawValue))
    }

    /// The number as a `Double`.
    public var value: Double {
        switch width {
        case .half: Double(Float16(bitPattern: UInt16(truncatingIfNeeded: bits)))
        case .single: Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .double: Double(bitPattern: bits)
        }
    }
}

extension CBORValue {
    /// An integer of either sign.
    public init(_ integer: Int64) {
        self = integer < 0 ? .negative(UInt64(~integer)) : .unsigned(UInt64(integer))
    }

    /// An integer of either sign.
    public init(_ integer: Int) {
        self.init(Int64(integer))
    }

    /// The integer, if this is one in the range of `Int64`.
    public var integer: Int64? {
        switch self {
        case .unsigned(let value): Int64(exactly: value)
        case .negative(let value): Int64(exactly: value).map { ~$0 }
        default: nil
        }
    }

    /// The unsigned integer, if this is one.
    public var unsignedInteger: UInt64? {
        if case .unsigned(let value) = self { value } else { nil }
    }

    /// The content, if this is a byte string.
    public var byteString: [UInt8]? {
        if case .bytes(let value) = self { value } else { nil }
    }

    /// The content, if this is a text string.
    public var textString: String? {
        if case .text(let value) = self { value } else { nil }
    }

    /// The items, if this is an array.
    public var arrayItems: [CBORValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    /// The map, if this is one.
    public var mapValue: CBORMap? {
        if case .map(let value) = self { value } else { nil }
    }

    /// The truth value, if this is one.
    public var boolean: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool { self == .null }
}

// No nil literal: `map[key] = nil` must remove the pair, not store a null.
extension CBORValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    public init(integerLiteral value: Int64) {
        self.init(value)
    }

    public init(stringLiteral value: String) {
        self = .text(value)
    }

    public init(booleanLiteral value: Bool) {
        self = .bool(value)
    }

    public init(arrayLiteral elements: CBORValue...) {
        self = .array(elements)
    }

    /// The last of several values for one key wins.
    public init(dictionaryLiteral elements: (CBORValue, CBORValue)...) {
        var map = CBORMap()
        for (key, value) in elements {
            map[key: key] = value
        }
        self = .map(map)
    }
}
