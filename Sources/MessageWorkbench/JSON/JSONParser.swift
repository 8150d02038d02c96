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

    let text: [UInt8]
    var position = 0

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

    func fault(_ reason: String) -> Fault { Fault(reason: reason, position: position) }

    var next: UInt8? { position < text.count ? text[position] : nil }

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

    mutating func take(_ byte: UInt8) -> Bool {
        guard next == byte else { return false }
        position += 1
        return true
    }
}
