/// Finds test attributes with a `.requirement` trait, and what they stand before.
struct TestTagReader {
    struct Tag {
        let suite: String
        let function: String?
        let ids: [String]
    }

    private let text: SwiftText
    private var position = 0
    /// A type, or something else that opens a brace.
    private var scopes: [String?] = []
    /// The type whose brace comes next.
    private var announced: String?
    /// The ids of an attribute whose declaration comes next.
    private var pending: (isSuite: Bool, ids: [String])?
    private var tags: [Tag] = []

    private static let typeKeywords: Set<String> = ["struct", "class", "enum", "actor", "extension", "protocol"]

    init(_ text: SwiftText) {
        self.text = text
    }

    mutating func read() -> [Tag] {
        while let token = nextToken() {
            switch token {
            case "{":
                scopes.append(announced)
                announced = nil
            case "}":
                _ = scopes.popLast()
            case "@Test", "@Suite":
                let ids = readAttributeIDs()
                pending = ids.isEmpty ? nil : (token == "@Suite", ids)
            case "func":
                guard let name = nextToken() else { break }
                if let pending, !pending.isSuite { add(name, pending.ids) }
            case let keyword where Self.typeKeywords.contains(keyword):
                readTypeName()
            default:
                break
            }
        }
        return tags
    }

    private mutating func add(_ function: String?, _ ids: [String], in type: String? = nil) {
        let suite = (scopes + [type]).compactMap(\.self).joined(separator: "/")
        tags.append(Tag(suite: suite, function: function, ids: ids))
        pending = nil
    }

    private mutating func readTypeName() {
        let start = position
        guard var name = nextToken(), name.first?.isUppercase == true else {
            // `class func`, or the keyword as a name.
            position = start
            return
        }
        while peek() == UInt8(ascii: ".") {
            position += 1
            guard let part = nextToken() else { break }
            name += "/" + part
        }
        if let pending, pending.isSuite { add(nil, pending.ids, in: name) }
        announced = name
    }

    /// The ids in the parentheses of an attribute, if it has any; behind them afterwards.
    private mutating func readAttributeIDs() -> [String] {
        guard peek() == UInt8(ascii: "(") else { return [] }
        let start = position
        var depth = 0
        repeat {
            if text.kinds[position] == .code {
                if text.bytes[position] == UInt8(ascii: "(") { depth += 1 }
                if text.bytes[position] == UInt8(ascii: ")") { depth -= 1 }
            }
            position += 1
        } while depth > 0 && position < text.bytes.count
        // Only strings that are arguments of the trait: an argument of the test may look like an id too.
        var ids: [String] = []
        let code = text.text(.code, in: start..<position)
        for trait in code.matches(of: /\.requirement\([^)]*\)/) {
            let from = start + code.utf8.distance(from: code.startIndex, to: trait.range.lowerBound)
            let to = start + code.utf8.distance(from: code.startIndex, to: trait.range.upperBound)
            ids += RequirementID.all(in: text.text(.string, in: from..<to))
        }
        return ids
    }

    private func peek() -> UInt8? {
        position < text.bytes.count && text.kinds[position] == .code ? text.bytes[position] : nil
    }

    /// The next brace, word, word in backticks or attribute name; behind it afterwards.
    private mutating func nextToken() -> String? {
        while position < text.bytes.count {
            defer { position += 1 }
            guard text.kinds[position] == .code else { continue }
            let byte = text.bytes[position]
            if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "}") { return String(UnicodeScalar(byte)) }
            guard byte == UInt8(ascii: "@") || byte == UInt8(ascii: "`") || Self.isInWord(byte) else { continue }
            let start = position
            repeat { position += 1 } while continues(from: byte)
            // A word ends before the next byte, a name in backticks with its last one.
            if byte != UInt8(ascii: "`") { position -= 1 }
            return String(decoding: text.bytes[start...position], as: UTF8.self)
        }
        return nil
    }

    private func continues(from first: UInt8) -> Bool {
        guard position < text.bytes.count else { return false }
        let byte = text.bytes[position]
        return first == UInt8(ascii: "`") ? byte != first : Self.isInWord(byte)
    }

    private static func isInWord(_ byte: UInt8) -> Bool {
        byte >= 0x80 || byte == UInt8(ascii: "_") || UnicodeScalar(byte).properties.isAlphabetic
            || UnicodeScalar(byte).properties.numericType != nil
    }
}
