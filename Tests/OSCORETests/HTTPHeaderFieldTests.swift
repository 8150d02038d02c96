import Bytes
import OSCORE
import TestSupport
import Testing

struct HTTPHeaderFieldTests {
    @Test(.requirement("OSC-0100", "OSC-0101")) func theEmptyValueIsWrittenAsAZeroByte() {
        let empty: [UInt8] = []
        let text = HTTPHeaderField.encode(empty.span)
        #expect(text == "AA")
        #expect(HTTPHeaderField.decode("AA") == [])
    }

    /// RFC 4648 §10 and §5, with the values of RFC 8613 §11.2.
    @Test(
        .requirement("OSC-0100", "OSC-0101"),
        arguments: [
            ("66", "Zg"), ("666f", "Zm8"), ("666f6f", "Zm9v"), ("666f6f62", "Zm9vYg"), ("fbff", "-_8"),
            ("090525", "CQUl"), ("0914", "CRQ"),
        ])
    func valuesAreBase64urlWithoutPadding(hex: String, text: String) throws {
        let value = try #require(Hex.decode(hex))
        let encoded = HTTPHeaderField.encode(value.span)
        #expect(encoded == text)
        #expect(HTTPHeaderField.decode(text) == value)
    }

    @Test(.requirement("OSC-0099")) func valuesOfEveryLengthSurvive() {
        var random = SeededGenerator(seed: 1)
        for count in 1...255 {
            let value = (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
            let text = HTTPHeaderField.encode(value.span)
            #expect(text.utf8.count >= 2)
            #expect(HTTPHeaderField.decode(text) == value)
        }
    }

    @Test(
        .requirement("OSC-0099"),
        arguments: [
            "", "C", "CSU=", "CQUl ", "CQ+l", "CQ/l", "CQUlC", "Zh", "Zm9", "AB", "Zg\n", "Zgé",
            String(repeating: "A", count: 400),
        ])
    func anythingElseIsRefused(text: String) {
        #expect(HTTPHeaderField.decode(text) == nil)
    }
}
