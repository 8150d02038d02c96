public import Bytes

extension CBORValue {
    /// The deterministic encoding of RFC 8949 §4.2.1. Floats keep the width that they came with.
    public func encoded() -> [UInt8] {
        var bytes: [UInt8] = []
        encode(into: &bytes)
        return bytes
    }

    /// Appends the deterministic encoding of RFC 8949 §4.2.1.
    public func encode(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        switch self {
        case .unsigned(let value): CBOREncoding.write(.unsigned, value, into: &sink)
        case .negative(let value): CBOREncoding.write(.negative, value, into: &sink)
        case .bytes(let content): CBOREncoding.write(bytes: content.span, into: &sink)
        case .text(let text): CBOREncoding.write(text: text, into: &sink)
        case .array(let items):
            CBOREncoding.write(arrayOf: items.count, into: &sink)
            for item in items {
                item.encode(into: &sink)
            }
        case .map(let map):
            CBOREncoding.write(mapOf: map.count, into: &sink)
            for entry in map.entries {
                sink.append(copying: entry.encodedKey.span)
                entry.value.encode(into: &sink)
            }
        case .tagged(let tag, let value):
            CBOREncoding.write(tag: tag, into: &sink)
            value.encode(into: &sink)
        case .bool(let value): CBOREncoding.write(bool: value, into: &sink)
        case .null: CBOREncoding.writeNull(into: &sink)
        case .undefined: sink.append(0xf7)
        case .simple(let value): CBOREncoding.write(.simple, UInt64(value), into: &sink)
        case .float(let number): Self.write(number, into: &sink)
        }
    }

    private static func write(_ number: CBORFloat, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        let count = number.width.rawValue
        let first: UInt8 =
            switch number.width {
            case .half: 0xf9
            case .single: 0xfa
            case .double: 0xfb
            }
        sink.append(first)
        for index in 0..<count {
            sink.append(UInt8(truncatingIfNeeded: number.bits >> UInt64(8 * (count - 1 - index))))
        }
    }
}
