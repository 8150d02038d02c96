import CoAP
import TestSupport
import Testing

struct RequestLimitsTests {
    @Test(.requirement("COAP-0270"))
    func theLastPermittedIsPermittedAndTheNextIsNot() {
        let limits = RequestLimits()
        for (make, limit, exceeded) in [
            ({ Self.options($0, .ifMatch, []) }, limits.optionCount, .optionCount),
            ({ Self.options($0, .uriPath, [97]) }, limits.pathDepth, .pathDepth),
            ({ Self.options($0, .uriQuery, [97]) }, limits.queryCount, .queryCount),
        ] as [((Int) -> Options, Int, RequestLimit)] {
            #expect(limits.firstExceeded(by: make(limit), payloadLength: 0) == nil)
            #expect(limits.firstExceeded(by: make(limit + 1), payloadLength: 0) == exceeded)
        }
        #expect(limits.firstExceeded(by: Options(), payloadLength: 65_535) == nil)
        #expect(limits.firstExceeded(by: Options(), payloadLength: 65_536) == .payloadLength)
    }

    @Test(.requirement("COAP-0270"))
    func theLengthIsThatOfTheText() {
        var limits = RequestLimits()
        // "/a%2Fb/%C3%A9?x=%26&/?"
        limits.uriLength = 22
        var request = Options()
        request.uriPath = ["a/b", "é"]
        request.uriQuery = ["x=&", "/?"]
        #expect(limits.firstExceeded(by: request, payloadLength: 0) == nil)
        limits.uriLength = 21
        #expect(limits.firstExceeded(by: request, payloadLength: 0) == .uriLength)
        // Other options are no part of it.
        let standard = RequestLimits()
        #expect(
            standard.firstExceeded(by: Self.options(5, .uriPath, Array(repeating: 97, count: 205)), payloadLength: 0)
                == nil)
        #expect(
            standard.firstExceeded(by: Self.options(5, .uriPath, Array(repeating: 97, count: 206)), payloadLength: 0)
                == .uriLength)
        #expect(
            standard.firstExceeded(by: Self.options(9, .proxyUri, Array(repeating: 97, count: 1000)), payloadLength: 0)
                == nil)
    }

    @Test(.requirement("COAP-0270"))
    func eachLimitHasItsAnswer() {
        for limit in RequestLimit.allCases {
            #expect(limit.code == (limit == .payloadLength ? .requestEntityTooLarge : .badRequest))
        }
    }

    private static func options(_ count: Int, _ number: OptionNumber, _ value: [UInt8]) -> Options {
        var options = Options()
        for _ in 0..<count { options.append(number, value) }
        return options
    }
}
