import Bytes

extension JSONParser {
    mutating func readNumber() throws(Fault) -> JSONValue {
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

    static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private mutating func readDigits() throws(Fault) -> Int {
        let start = position
        while let byte = next, Self.isDigit(byte) { position += 1 }
        guard position > start else { throw fault("a digit is missing") }
        return position - start
    }

    mutating func readText() throws(Fault) -> String {
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
