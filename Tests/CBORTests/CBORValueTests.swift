import Bytes
import CBOR
import TestSupport
import Testing

struct CBORValueTests {
    @Test(arguments: try CBORVectors.appendixA().valid)
    func publishedExampleRoundTrips(example: CBORVectors.Example) throws {
        let bytes = try #require(Hex.decode(example.hex))
        let value = try CBORValue(decoding: bytes.span)
        #expect(value.diagnostic == example.diagnostic)
        #expect(value.encoded() == bytes)
        #expect(try CBORValue(decodingDeterministic: bytes.span) == value)
    }

    @Test(arguments: try CBORVectors.appendixA().valid)
    func strictPrefixOfAnExampleIsTruncated(example: CBORVectors.Example) throws {
        let bytes = try #require(Hex.decode(example.hex))
        for count in 0..<bytes.count {
            let prefix = Array(bytes[..<count])
            #expect(throws: CBORError.truncated) { try CBORValue(decoding: prefix.span) }
        }
    }

    @Test(arguments: try CBORVectors.refused())
    func malformedInputIsRefusedWithItsReason(refusal: CBORVectors.Refusal) throws {
        let bytes = try #require(Hex.decode(refusal.hex))
        do {
            let value = try CBORValue(decoding: bytes.span)
            Issue.record("decoded as \(value.diagnostic)")
        } catch {
            #expect("\(error)" == refusal.reason)
        }
    }

    @Test(arguments: try CBORVectors.appendixA().indefinite)
    func indefiniteLengthIsRefused(example: CBORVectors.Example) throws {
        let bytes = try #require(Hex.decode(example.hex))
        #expect(throws: CBORError.indefiniteLength) { try CBORValue(decoding: bytes.span) }
    }

    @Test func mapIsEncodedInTheOrderOfItsEncodedKeys() throws {
        // The example of RFC 8949 §4.2.1.
        let value: CBORValue = [
            [-1]: 0, "aa": 1, .bool(false): 2, 100: 3, [100]: 4, "z": 5, -1: 6, 10: 7,
        ]
        let keys = try #require(value.mapValue?.keys)
        #expect(keys == [10, 100, -1, "z", "aa", [100], [-1], false])
        #expect(try CBORValue(decodingDeterministic: value.encoded().span) == value)
    }

    @Test func unsortedMapIsReadButIsNotDeterministic() throws {
        let bytes: [UInt8] = [0xa2, 0x02, 0x00, 0x01, 0x00]
        #expect(try CBORValue(decoding: bytes.span) == [1: 0, 2: 0])
        #expect(throws: CBORError.notDeterministic) { try CBORValue(decodingDeterministic: bytes.span) }
    }

    @Test func mapSubscriptsFindInsertReplaceAndRemove() {
        var map = CBORMap()
        map[8] = 1
        map[-2] = "two"
        map["name"] = [1, 2]
        map[8] = nil
        map[-2] = .bytes([1])
        map[99] = nil
        #expect(map[8] == nil)
        #expect(map[-2]?.byteString == [1])
        #expect(map["name"]?.arrayItems?.count == 2)
        #expect(map.count == 2)
    }

    @Test func integersKeepTheirSignAtBothEnds() {
        for integer in [0, 1, -1, 23, 24, -24, -25, 255, 256, Int64.max, Int64.min] {
            #expect(CBORValue(integer).integer == integer)
        }
        #expect(CBORValue.unsigned(.max).integer == nil)
        #expect(CBORValue.negative(.max).integer == nil)
    }

    @Test func nestingIsLimitedWhereTheCallerSays() throws {
        let value: CBORValue = [[[1]]]
        let bytes = value.encoded()
        #expect(try CBORValue(decoding: bytes.span, maximumDepth: 3) == value)
        #expect(throws: CBORError.tooDeep) { try CBORValue(decoding: bytes.span, maximumDepth: 2) }
    }

    @Test func controlCharactersAreEscapedInDiagnosticNotation() {
        #expect(CBORValue.text("a\u{1b}[2J\n\u{9b}").diagnostic == #""a\u001b[2J\n\u009b""#)
    }

    @Test func randomBytesNeverTrapAndDecodedValuesRoundTrip() throws {
        let seed: UInt64 = 0x8949
        var random = SeededGenerator(seed: seed)
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<24, using: &random)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            guard let value = try? CBORValue(decoding: bytes.span) else { continue }
            #expect(try CBORValue(decoding: value.encoded().span) == value, "seed \(seed), input \(Hex.encode(bytes))")
        }
    }
}
