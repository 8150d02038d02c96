import Bytes

extension JSONValue {
    /// One line without blanks, members in order: the same value is the same text.
    public var line: String {
        var text = ""
        write(into: &text, indentation: nil)
        return text
    }

    /// Several lines, for reading.
    public var document: String {
        var text = ""
        write(into: &text, indentation: 0)
        return text
    }

    private func write(into text: inout String, indentation: Int?) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .otherNumber: text += "0.0"
        case .text(let content): Self.write(content, into: &text)
        case .array(let items):
            Self.write(items, between: ("[", "]"), into: &text, indentation: indentation) { item, text, inner in
                item.write(into: &text, indentation: inner)
            }
        case .object(let object):
            Self.write(object.members, between: ("{", "}"), into: &text, indentation: indentation) {
                member, text, inner in
                Self.write(member.name, into: &text)
                text += inner == nil ? ":" : ": "
                member.value.write(into: &text, indentation: inner)
            }
        }
    }

    private static func write<Item>(
        _ items: [Item], between brackets: (String, String), into text: inout String, indentation: Int?,
        _ write: (Item, inout String, Int?) -> Void
    ) {
        text += brackets.0
        for (index, item) in items.enumerated() {
            if index > 0 { text += "," }
            if let indentation { text += "\n" + String(repeating: " ", count: indentation + 2) }
            write(item, &text, indentation.map { $0 + 2 })
        }
        if let indentation, !items.isEmpty { text += "\n" + String(repeating: " ", count: indentation) }
        text += brackets.1
    }

    private static func write(_ content: String, into text: inout String) {
        text += "\""
        for scalar in content.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            // Control characters never reach a terminal raw.
            case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value):
                text += "\\u00" + Hex.encode([UInt8(scalar.value)])
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}
