import Bytes

extension CBORValue {
    /// Diagnostic notation (RFC 8949 §8), on one line.
    ///
    /// Prints whatever the value holds: not for values with secrets in them.
    public var diagnostic: String {
        switch self {
        case .unsigned(let value): return String(value)
        case .negative(let value): return value == .max ? "-18446744073709551616" : "-\(value + 1)"
        case .bytes(let content): return "h'\(Hex.encode(content))'"
        case .text(let text): return Self.quoted(text)
        case .array(let items): return "[" + items.map(\.diagnostic).joined(separator: ", ") + "]"
        case .map(let map):
            let pairs = map.entries.map { "\($0.key.diagnostic): \($0.value.diagnostic)" }
            return "{" + pairs.joined(separator: ", ") + "}"
        case .tagged(let tag, let value): return "\(tag)(\(value.diagnostic))"
        case .bool(let value): return value ? "true" : "false"
        case .null: return "null"
        case .undefined: return "undefined"
        case .simple(let value): return "simple(\(value))"
        case .float(let number): return Self.diagnostic(of: number.value)
        }
    }

    private static func diagnostic(of number: Double) -> String {
        if number.isNaN { return "NaN" }
        if number.isInfinite { return number < 0 ? "-Infinity" : "Infinity" }
        return number.description
    }

    /// JSON's escapes; control characters never reach a terminal.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value):
                result += "\\u00" + Hex.encode([UInt8(scalar.value)])
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
