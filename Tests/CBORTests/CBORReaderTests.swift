import Bytes
import CBOR
import TestSupport
import Testing

struct CBORReaderTests {
    /// Every verb once: `[1, -2, h'0304', "five", {6: true}, 7(null)]`.
    private static let sample: [UInt8] = {
        var writer = CBORWriter()
        writer.write(arrayOf: 6)
        writer.write(unsigned: 1)
        writer.write(integer: -2)
        writer.write(bytes: [3, 4])
        writer.write(text: "five")
        writer.write(mapOf: 1)
        writer.write(integer: 6)
        writer.write(bool: true)
        writer.write(tag: 7)
        writer.writeNull()
        return writer.bytes
    }()

    private static func walk(_ bytes: [UInt8]) throws(CBORError) {
        var reader = CBORReader(bytes.span)
        guard try reader.readArrayHeader() == 6, try reader.readUnsigned() == 1, try reader.readInteger() == -2 else {
            throw .wrongType
        }
        let content = try reader.readBytes()
        guard [UInt8](copying: content) == [3, 4], try reader.readText() == "five" else { throw .wrongType }
        guard try reader.readMapHeader() == 1, try reader.readInteger() == 6, try reader.readBool() else {
            throw .wrongType
        }
        guard try reader.readTag() == 7, reader.nextIsNull else { throw reader.isAtEnd ? .truncated : .wrongType }
        try reader.readNull()
        try reader.finish()
    }

    @Test func writtenItemsAreReadBack() throws {
        try Self.walk(Self.sample)
        #expect(
            try CBORValue(decoding: Self.sample.span).diagnostic == #"[1, -2, h'0304', "five", {6: true}, 7(null)]"#)
    }

    @Test func strictPrefixFailsWithoutATrap() {
        for count in 0..<Self.sample.count {
            #expect(throws: CBORError.truncated) { try Self.walk(Array(Self.sample[..<count])) }
        }
        #expect(throws: CBORError.trailingBytes) { try Self.walk(Self.sample + [0]) }
    }

    @Test(arguments: try CBORVectors.appendixA().valid)
    func everyItemIsSkippedWhole(example: CBORVectors.Example) throws {
        let item = try #require(Hex.decode(example.hex))
        let bytes = item + [0x18, 0x2a]
        var reader = CBORReader(bytes.span)
        #expect([UInt8](copying: try reader.readEncodedItem()) == item)
        #expect(try reader.readUnsigned() == 42)
        try reader.finish()
    }

    @Test(arguments: try CBORVectors.refused())
    func skippingRefusesWhatReadingRefuses(refusal: CBORVectors.Refusal) throws {
        // Keys are compared by the value tree only.
        guard refusal.reason != "duplicateKey" else { return }
        let bytes = try #require(Hex.decode(refusal.hex))
        do {
            var reader = CBORReader(bytes.span)
            try reader.skipItem()
            try reader.finish()
            Issue.record("skipped")
        } catch {
            #expect("\(error)" == refusal.reason)
        }
    }

    @Test(arguments: [[0x00], [0x20], [0x40], [0x60], [0x80], [0xa0], [0xc0, 0x00], [0xf4], [0xf6]] as [[UInt8]])
    func anotherTypeIsRefused(bytes: [UInt8]) throws {
        let major = try #require(MajorType(rawValue: bytes[0] >> 5))
        var refusals = 0
        func attempt(_ verb: () throws(CBORError) -> Void) {
            do { try verb() } catch { refusals += error == .wrongType ? 1 : 100 }
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readUnsigned()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readInteger()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readBytes()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readText()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readArrayHeader()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readMapHeader()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readTag()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); _ = try reader.readBool()
        }
        attempt { () throws(CBORError) in
            var reader = CBORReader(bytes.span); try reader.readNull()
        }
        #expect(refusals == (major == .unsigned ? 7 : 8))
    }

    @Test(arguments: [[0x1b, 0x80, 0, 0, 0, 0, 0, 0, 0], [0x3b, 0x80, 0, 0, 0, 0, 0, 0, 0]] as [[UInt8]])
    func integerOutsideOfInt64IsTooLarge(bytes: [UInt8]) {
        #expect(throws: CBORError.tooLarge) {
            var reader = CBORReader(bytes.span)
            _ = try reader.readInteger()
        }
    }
}
