import Bytes

/// Reads one JSON text (RFC 8259), strictly: duplicate names, deep nesting and anything behind the value are refused.
///
/// Memory stays proportional to the text, and no input traps.
struct JSONParser {
    /// Where a text stops being JSON; never quotes it, because it may hold secrets.
    struct Fault: Error, Hashable {
        let reason: String
        /// In bytes from the start.
        let position: Int
    }

    /// How many arrays and objects may enclose a value. A context has four.
    static let maximumDepth = 16

    private let text: [UInt8]
    private var position = 0

    static func parse(_ text: [UInt8]) throws(Fault) -> JSONValue {
        var parser = JSONParser(text: text)
        let value = try parser.readValue(depth: 0)
        parser.skipBlanks()
        guard parser.position == text.count else { throw parser.fault("more text behind the value") }
        return value
    }

    private init(text: [UInt8]) {
        self.text = text
    }

    private func fault(_ reason: String) -> Fault { Fault(reason: reason, position: position) }

    private var next: UInt8? { position < text.count ? text[position] : nil }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d { position += 1 }
    }

    private mutating func readValue(depth: Int) throws(Fault) -> JSONValue {
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): return .object(try readObject(depth: depth))
        case UInt8(ascii: "["): return .array(try readArray(depth: depth))
        case UInt8(ascii: "\""): return .text(try readText())
        case UInt8(ascii: "t"): return try read("true", .bool(true))
        case UInt8(ascii: "f"): return try read("false", .bool(false))
        case UInt8(ascii: "n"): return try read("null", .null)
        case let byte? where byte == UInt8(ascii: "-") || Self.isDigit(byte): return try readNumber()
        case nil: throw fault("the text ends too early")
        default: throw fault("not a JSON value")
        }
    }

    private mutating func read(_ word: StaticString, _ value: JSONValue) throws(Fault) -> JSONValue {
        for byte in "\(word)".utf8 {
            guard next == byte else { throw fault("not a JSON value") }
            position += 1
        }
        return value
    }

    private mutating func readObject(depth: Int) throws(Fault) -> JSONObject {
        guard depth < Self.maximumDepth else { throw fault("nested too deeply") }
        position += 1
        var members: [JSONObject.Member] = []
        var names: Set<String> = []
        skipBlanks()
        if take(UInt8(ascii: "}")) { return JSONObject() }
        while true {
            skipBlanks()
            guard next == UInt8(ascii: "\"") else { throw fault("an object needs a name in quotes here") }
            let name = try readText()
            guard names.insert(name).inserted else { throw fault("a name stands twice in an object") }
            skipBlanks()
            guard take(UInt8(ascii: ":")) else { throw fault("a colon is missing") }
            members.append(JSONObject.Member(name: name, value: try readValue(depth: depth + 1)))
            skipBlanks()
            if take(UInt8(ascii: "}")) { return JSONObject(members) }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or '}' is missing") }
        }
    }

    private mutating func readArray(depth: Int) throws(Fault) -> [JSONValue] {
        guard depth < Self.maximumDepth else { throw fault("nested too deeply") }
        position += 1
        var items: [JSONValue] = []
        skipBlanks()
        if take(UInt8(ascii: "]")) { return items }
        while true {
            items.append(try readValue(depth: depth + 1))
            skipBlanks()
            if take(UInt8(ascii: "]")) { return items }
            guard take(UInt8(ascii: ",")) else { throw fault("a comma or ']' is missing") }
        }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }
}

extension JSONParser {
    private mutating func readNumber() throws(Fault) -> JSONValue {
        let start = position
        _ = take(UInt8(ascii: "-"))
        let digits = try readDigits()
        guard digits == 1 || text[position - digits] != UInt8(ascii: "0") else { throw fault("a number begins with 0") }
        var isInteger = true
        if take(UInt8(ascii: ".")) {
            isInteger = false
            _ = try readDigits()
        }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            isInteger = false
            if !take(UInt8(ascii: "+")) { _ = take(UInt8(ascii: "-")) }
            _ = try readDigits()
        }
        guard isInteger, let number = Int64(String(decoding: text[start..<position], as: UTF8.self)) else {
            return .otherNumber
        }
        return .integer(number)
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func readDigits() throws(Fault) -> Int {
        let start = position
        while let byte = next, Self.isDigit(byte) { position += 1 }
        guard position > start else { throw fault("a digit is missing") }
        return position - start
    }

    private mutating func readText() throws(Fault) -> String {
        position += 1
        let start = position
        // Nearly every text is without escapes: hex and names.
        while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 { position += 1 }
        var content = Array(text[start..<position])
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: content, as: UTF8.self) else { throw fault("not UTF-8") }
                return string
            case UInt8(ascii: "\\"): content += String(try readEscape()).utf8
            case 0..<0x20: throw fault("a control character in a text")
            default: content.append(byte)
            }
        }
        throw fault("a text without end")
    }

    private mutating func readEscape() throws(Fault) -> Character {
        guard let byte = next else { throw fault("a text without end") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Character(Unicode.Scalar(byte))
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try readScalar()
        default: throw fault("an unknown escape")
        }
    }

    private mutating func readScalar() throws(Fault) -> Character {
        let first = try readUnit()
        var value = UInt32(first)
        if (0xd800..<0xdc00).contains(first) {
            guard take(UInt8(ascii: "\\")), take(UInt8(ascii: "u")) else { throw fault("half a surrogate pair") }
            let second = try readUnit()
            guard (0xdc00..<0xe000).contains(second) else { throw fault("half a surrogate pair") }
            value = 0x10000 + (UInt32(first) - 0xd800) << 10 + (UInt32(second) - 0xdc00)
        }
        guard let scalar = Unicode.Scalar(value) else { throw fault("half a surrogate pair") }
        return Character(scalar)
    }

    private mutating func readUnit() throws(Fault) -> UInt16 {
        guard text.count - position >= 4,
            let bytes = Hex.decode(String(decoding: text[position..<position + 4], as: UTF8.self))
        else { throw fault("an escape needs four hex digits") }
        position += 4
        return UInt16(bytes[0]) << 8 | UInt16(bytes[1])
    }
}
