import TestSupport
import Testing

@testable import MessageWorkbench

/// The JSON of the front, after RFC 8259.
struct JSONTests {
    private func parse(_ text: String) -> JSONValue? {
        try? JSONParser.parse(Array(text.utf8))
    }

    @Test func valuesOfEveryKindAreRead() {
        #expect(parse(" null ") == .null)
        #expect(parse("true") == .bool(true))
        #expect(parse("[false]") == .array([.bool(false)]))
        #expect(parse("-9223372036854775808") == .integer(.min))
        #expect(parse("9223372036854775807") == .integer(.max))
        #expect(parse("0") == .integer(0))
        #expect(parse("-0") == .integer(0))
        #expect(parse("[ ]") == .array([]))
        #expect(parse("{ }") == .object(JSONObject()))
        #expect(parse(#"{"b":1 , "a":[2,"x"]}"#) == .object(["b": .integer(1), "a": .array([.integer(2), "x"])]))
    }

    @Test(arguments: ["1.0", "1e3", "-2.5E-7", "9223372036854775808", "1E400"])
    func numberThatIsNoIntegerIsKnownAsOne(text: String) {
        #expect(parse(text) == .otherNumber)
    }

    @Test func escapesAndTextOfAllPlanesAreRead() {
        #expect(parse(#""\"\\\/\b\f\n\r\t""#) == .text("\"\\/\u{8}\u{c}\n\r\t"))
        #expect(parse(#""\u0041\u00e9\uD83D\uDE00""#) == "Aé😀")
        #expect(parse("\"é😀\"") == "é😀")
    }

    @Test(arguments: [
        "", " ", "nul", "truee", "01", "-", "1.", ".5", "1e", "+1", "'a'", "\"", "\"\\", "\"\\x\"", "\"\\u12g4\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"", "[", "[1", "[1,", "[1,]", "[,]", "]", "{",
        "{\"a\"",
        "{\"a\":", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{1:2}", "1 2", "{} {}", "NaN",
        "\u{feff}1",
        "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}",
    ])
    func everythingElseIsRefused(text: String) {
        #expect(parse(text) == nil)
    }

    @Test func bytesThatAreNotUTF8AreRefused() {
        #expect((try? JSONParser.parse([0x22, 0xc3, 0x28, 0x22])) == nil)
        #expect((try? JSONParser.parse([0x22, 0xff, 0x22])) == nil)
    }

    @Test func nestingEndsAtItsLimit() {
        let limit = JSONParser.maximumDepth
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(parse(nested(limit)) != nil)
        #expect(parse(nested(limit + 1)) == nil)
        #expect(parse(String(repeating: "[", count: 1_000_000)) == nil)
        #expect(parse(String(repeating: "{\"a\":", count: 100_000)) == nil)
    }

    @Test func everyPrefixOfALineIsRefused() {
        let line = Array(#"{"a":[1,-2,{"b":"\u00e9 x","c":null}],"d":false}"#.utf8)
        #expect((try? JSONParser.parse(line)) != nil)
        for count in line.indices { #expect((try? JSONParser.parse(Array(line[..<count]))) == nil) }
    }

    @Test func whatIsWrittenIsReadAgain() {
        let value: JSONValue = .object([
            "z": .null, "a": .array([.integer(-7), .bool(true), .array([])]), "t": .text("\"\\\n\u{1}\u{7f}é😀/"),
            "o": .object(["x": .object(JSONObject())]),
        ])
        #expect(parse(value.line) == value)
        #expect(parse(value.document) == value)
        #expect(!value.line.contains("\n") && !value.line.contains(" "))
        #expect(value.line.hasPrefix(#"{"z":null,"a":[-7,true,[]],"#))
        #expect(value.document.hasPrefix("{\n  \"z\": null,\n  \"a\": [\n    -7,"))
    }
}
