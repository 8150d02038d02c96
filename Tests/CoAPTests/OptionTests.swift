import Bytes
import CoAP
import TestSupport
import Testing

struct OptionTests {
    @Test(.requirement("COAP-0011", "COAP-0020"))
    func headsHaveTheShortestForm() {
        #expect(encoding { $0.append(.uriPath, text: "gp") } == "b26770")
        #expect(encoding { $0.append(.echo, [7]) } == "d1ef07")
        #expect(encoding { $0.append(.requestTag, []) } == "e00017")
        for (length, head) in [(12, "1c"), (13, "1d00"), (268, "1dff"), (269, "1e0000")] {
            let text = encoding { $0.append(.ifMatch, Array(repeating: 0, count: length)) }
            #expect(text.hasPrefix(head))
            #expect(text.count / 2 == OptionWriter.length(delta: 1, valueLength: length))
        }
    }

    @Test(.requirement("COAP-0015"))
    func anyOrderOfCallsGivesAscendingNumbersAndKeepsRepeatedOptionsInOrder() {
        let calls: [(OptionNumber, String)] = [(.uriQuery, "q"), (.uriPath, "a"), (.ifMatch, "e"), (.uriPath, "b")]
        var options = Options()
        for (number, text) in calls { options.append(number, text: text) }
        #expect(Hex.encode(options.encoded) == "1165" + "a161" + "0162" + "4171")
        #expect(options.uriPath == ["a", "b"])
        var other = Options()
        for (number, text) in calls.sorted(by: { $0.0 < $1.0 }) { other.append(number, text: text) }
        #expect(options == other)
    }

    @Test(.requirement("COAP-0016"))
    func numbersAreShortestOnSendingAndMayHaveLeadingZerosOnReceiving() throws {
        for (number, hex) in [(0, "c0"), (60, "c13c"), (261, "c20105")] {
            var options = Options()
            options.contentFormat = ContentFormat(rawValue: UInt16(number))
            #expect(Hex.encode(options.encoded) == hex)
        }
        let padded: [UInt8] = [0xc2, 0x00, 0x3c]
        #expect(try Options(encoded: padded.span).contentFormat == .cbor)
        let tooLong: [UInt8] = [0xc3, 0x00, 0x00, 0x3c]
        #expect(try Options(encoded: tooLong.span).contentFormat == nil)
        for value in [0, 1, 255, 256, 65535, 65536, UInt64.max] {
            #expect(OptionUInt.decode(OptionUInt.encode(value).span) == value)
        }
    }

    @Test(.requirement("COAP-0022"))
    func propertiesFollowFromTheNumber() {
        // C critical, U unsafe to forward, N not part of the cache key.
        let table: [(UInt16, String)] = [
            (1, "C"), (3, "CU"), (4, ""), (5, "C"), (6, "U"), (7, "CU"), (8, ""), (9, "C"), (11, "CU"), (12, ""),
            (14, "U"), (15, "CU"), (16, ""), (17, "C"), (19, "CU"), (20, ""), (21, "C"), (23, "CU"), (27, "CU"),
            (28, "N"), (31, "CU"), (35, "CU"), (39, "CU"), (60, "N"), (252, "N"), (258, "U"), (292, ""), (548, ""),
            (65535, "CU"), (0, ""),
        ]
        for (raw, properties) in table {
            let number = OptionNumber(rawValue: raw)
            #expect(number.isCritical == properties.contains("C"), "\(raw)")
            #expect(number.isUnsafe == properties.contains("U"), "\(raw)")
            #expect((number.isNoCacheKey && !number.isUnsafe) == properties.contains("N"), "\(raw)")
        }
    }

    @Test func removingAndReplacingLeaveTheOtherOptionsAlone() {
        var options = Options()
        options.uriPath = ["a", "b"]
        options.observe = 0
        options.oscore = [1, 2]
        options.uriPath = ["c"]
        #expect(options.uriPath == ["c"])
        #expect(options.observe == 0)
        options.remove(.oscore)
        #expect(options.oscore == nil)
        options.remove(.uriPath)
        options.observe = nil
        #expect(options == Options())
    }

    @Test func theReaderLendsValuesAndPayloadAndStaysAtTheEnd() throws {
        let body = Message(code: .post, options: path(["x", "yz"]), payload: [5, 6]).body
        var reader = OptionReader(body.span)
        var seen: [[UInt8]] = []
        while try reader.advance() {
            #expect(reader.number == .uriPath)
            #expect([UInt8](copying: reader.payload) == [])
            seen.append([UInt8](copying: reader.value))
        }
        #expect(seen == [Array("x".utf8), Array("yz".utf8)])
        #expect([UInt8](copying: reader.payload) == [5, 6])
        #expect(try !reader.advance())
        #expect([UInt8](copying: reader.payload) == [5, 6])
    }

    @Test func anErrorIsRepeated() {
        let bytes: [UInt8] = [0x10, 0xf1]
        var reader = OptionReader(bytes.span)
        #expect((try? reader.advance()) == true)
        #expect((try? reader.advance()) == nil)
        #expect((try? reader.advance()) == nil)
    }

    @Test func aPayloadIsNotPartOfOptions() {
        let bytes: [UInt8] = [0xb0, 0xff, 0x01]
        #expect(throws: CoAPFormatError.self) { try Options(encoded: bytes.span) }
    }

    private func path(_ segments: [String]) -> Options {
        var options = Options()
        options.uriPath = segments
        return options
    }

    private func encoding(_ fill: (inout Options) -> Void) -> String {
        var options = Options()
        fill(&options)
        return Hex.encode(options.encoded)
    }
}
