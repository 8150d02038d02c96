import Bytes
import CoAP
import TestSupport
import Testing

/// Options with rules of their own, as they stand on the wire.
struct OptionEncodingTests {
    @Test(
        .requirement("COAP-0183"),
        arguments: [(0, "d0f5"), (2, "d1f502"), (8, "d1f508"), (16, "d1f510"), (26, "d1f51a")])
    func noResponseIsOneByteOrNone(value: UInt8, hex: String) {
        var options = Options()
        options.noResponse = value
        #expect(Hex.encode(options.encoded) == hex)
        #expect(options.noResponse == value)
        #expect(!OptionNumber.noResponse.isCritical && OptionNumber.noResponse.isUnsafe)
        #expect(!OptionNumber.noResponse.isRepeatable)
    }

    @Test(.requirement("COAP-0190"))
    func echoIsOneToFortyOpaqueBytes() {
        var options = Options()
        options.echo = Array(1...8)
        #expect(Hex.encode(options.encoded) == "d8ef0102030405060708")
        for (length, isEcho) in [(0, false), (1, true), (40, true), (41, false)] {
            let value = [UInt8](repeating: 0xee, count: length)
            options.set(.echo, value)
            #expect(options.echo == (isEcho ? value : nil))
        }
        let number = OptionNumber.echo
        #expect(!number.isCritical && !number.isUnsafe && number.isNoCacheKey && !number.isRepeatable)
    }

    @Test(.requirement("COAP-0202", "ECHO-0016"))
    func requestTagsAreUpToEightBytesAndRepeatable() {
        var options = Options()
        options.requestTags = [[], Array(1...8), [9]]
        #expect(Hex.encode(options.encoded) == "e00017" + "080102030405060708" + "0109")
        #expect(options.requestTags == [[], Array(1...8), [9]])
        options.append(.requestTag, Array(1...9))
        #expect(options.requestTags.count == 3)
        let number = OptionNumber.requestTag
        #expect(!number.isCritical && !number.isUnsafe && !number.isNoCacheKey && number.isRepeatable)
    }

    @Test(.requirement("COAP-0204"))
    func aResponseHasOneETagAndARequestMany() {
        var options = Options()
        options.eTags = [[1], Array(1...8)]
        #expect(Hex.encode(options.encoded) == "4101" + "080102030405060708")
        #expect(options.eTag == [1])
        #expect(options.eTags == [[1], Array(1...8)])
        // Of no byte or of nine: as if they were not there.
        var others = Options()
        others.append(.eTag, [])
        others.append(.eTag, Array(1...9))
        #expect(others.eTag == nil && others.eTags.isEmpty)
        others.append(.eTag, [7])
        #expect(others.eTag == [7])
        others.eTag = [8]
        #expect(others.eTags == [[8]])
    }
}
