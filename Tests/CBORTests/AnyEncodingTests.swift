import Bytes
import CBOR
import TestSupport
import Testing

/// Messages of others, which need not be encoded deterministically.
struct AnyEncodingTests {
    @Test(.requirement("GM-0363"), arguments: try CBORVectors.appendixA().valid + CBORVectors.appendixA().indefinite)
    func everyExampleIsRead(example: CBORVectors.Example) throws {
        let bytes = try #require(Hex.decode(example.hex))
        #expect(try CBORValue(decodingAnyEncoding: bytes.span).diagnostic == example.diagnostic)
    }

    @Test(arguments: try CBORVectors.refused())
    func onlyWhatIsWellFormedIsRead(refusal: CBORVectors.Refusal) throws {
        let bytes = try #require(Hex.decode(refusal.hex))
        let wellFormed: Set<String> = ["9fff", "bfff", "5fff", "7fff"]
        if refusal.reason == "notShortest" || wellFormed.contains(refusal.hex) {
            let value = try CBORValue(decodingAnyEncoding: bytes.span)
            // The same value in the usual encoding.
            #expect(try CBORValue(decoding: value.encoded().span) == value)
        } else {
            let error = #expect(throws: CBORError.self) { try CBORValue(decodingAnyEncoding: bytes.span) }
            #expect(error.map { "\($0)" } == refusal.reason)
        }
    }

    @Test(
        arguments: [
            // A string of chunks: of another type, of indefinite length, not UTF-8 by themselves, without an end.
            ("5f6161ff", .wrongType), ("5f5f4100ffff", .wrongType), ("7f61c361a9ff", .invalidUTF8),
            ("5f4100", .truncated),
            ("9f01", .truncated), ("bf0102", .truncated), ("bf01ff", .indefiniteLength), ("df00", .reserved),
            ("1f", .reserved), ("3f", .reserved), ("c1ff", .indefiniteLength), ("a1ff00", .indefiniteLength),
            ("5fffff", .trailingBytes), ("5b00000001000000004100", .truncated), ("9f", .truncated),
            // One key in two encodings is one key.
            ("a201001801 00", .duplicateKey), ("bf4100005f4100ff00ff", .duplicateKey),
        ] as [(String, CBORError)])
    func indefiniteLengthsHaveTheirRules(hex: String, expected: CBORError) throws {
        let bytes = try #require(Hex.decode(hex.filter { $0 != " " }))
        #expect(throws: expected) { try CBORValue(decodingAnyEncoding: bytes.span) }
    }

    @Test func numbersMayBeLong() throws {
        #expect(try CBORValue(decodingAnyEncoding: [0x18, 0x01].span) == 1)
        #expect(try CBORValue(decodingAnyEncoding: [0x39, 0x00, 0x00].span) == -1)
        let text: [UInt8] = [0x7f, 0x61, 0x67, 0x61, 0x37, 0xff]
        #expect(try CBORValue(decodingAnyEncoding: text.span) == "g7")
        let map: [UInt8] = [0xbf, 0x18, 0x04, 0x9f, 0xf5, 0xff, 0xff]
        #expect(try CBORValue(decodingAnyEncoding: map.span) == [4: [true]])
    }

    /// Both readers agree on what is deterministic, and refuse nesting at the same depth.
    @Test func agreesWithTheStrictReader() {
        var random = SeededGenerator(seed: 0x61_6e79)
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            guard let strict = try? CBORValue(decoding: bytes.span, maximumDepth: 3) else { continue }
            #expect((try? CBORValue(decodingAnyEncoding: bytes.span, maximumDepth: 3)) == strict, "\(bytes)")
        }
        for head in [0x81, 0xa1, 0xc1, 0x9f, 0xbf] as [UInt8] {
            let bomb = Array(repeating: head, count: 50_000)
            #expect(throws: CBORError.tooDeep) { try CBORValue(decodingAnyEncoding: bomb.span, maximumDepth: 8) }
        }
    }
}
