import CoAP
import TestSupport
import Testing

struct TransmissionParametersTests {
    @Test(.requirement("COAP-0048"))
    func derivedTimesFollowFromTheParameters() throws {
        let standard = TransmissionParameters.standard
        #expect(standard.maxTransmitSpan == .seconds(45))
        #expect(standard.maxTransmitWait == .seconds(93))
        #expect(standard.maxLatency == .seconds(100))
        #expect(standard.processingDelay == .seconds(2))
        #expect(standard.maxRTT == .seconds(202))
        #expect(standard.exchangeLifetime == .seconds(247))
        #expect(standard.nonLifetime == .seconds(145))
        let quick = try TransmissionParameters(
            ackTimeout: .seconds(1), maxRetransmit: 2, mayHurryMoreThanStandard: true)
        #expect(quick.maxTransmitSpan == .milliseconds(4500))
        #expect(try TransmissionParameters() == standard)
    }

    @Test(.requirement("COAP-0049", "COAP-0263"))
    func valuesThatHarmTheNetworkAreRefused() {
        #expect(throws: TransmissionParametersError.ackRandomFactor) {
            try TransmissionParameters(ackRandomFactor: 0.9)
        }
        #expect(throws: TransmissionParametersError.ackTimeout) {
            try TransmissionParameters(ackTimeout: .milliseconds(500))
        }
        #expect(throws: TransmissionParametersError.nStart) { try TransmissionParameters(nStart: 2) }
        #expect(throws: TransmissionParametersError.nStart) {
            try TransmissionParameters(nStart: 0, mayHurryMoreThanStandard: true)
        }
        #expect(throws: TransmissionParametersError.maxRetransmit) { try TransmissionParameters(maxRetransmit: 64) }
        #expect(throws: TransmissionParametersError.nStart) {
            try TransmissionParameters(nStart: 1_001, mayHurryMoreThanStandard: true)
        }
        #expect(throws: TransmissionParametersError.probingRate) { try TransmissionParameters(probingRate: 0) }
        #expect(throws: TransmissionParametersError.probingRate) { try TransmissionParameters(probingRate: 2) }
        #expect(throws: TransmissionParametersError.probingRate) {
            try TransmissionParameters(probingRate: 1_000_000_001, mayHurryMoreThanStandard: true)
        }
        #expect(throws: Never.self) {
            try TransmissionParameters(nStart: 4, probingRate: 12_500, mayHurryMoreThanStandard: true)
        }
        #expect(throws: TransmissionParametersError.ackRandomFactor) {
            try TransmissionParameters(ackRandomFactor: .nan)
        }
    }

    @Test(.requirement("COAP-0095"))
    func groupTokensRestLongEnough() {
        let standard = TransmissionParameters.standard
        #expect(standard.minimumTokenReuseTime(maximumServerResponseDelay: nil) == .seconds(500))
        #expect(standard.minimumTokenReuseTime(maximumServerResponseDelay: .seconds(20)) == .seconds(270))
    }
}

struct OptionRecognitionTests {
    private static let understood: Set<OptionNumber> = [.uriHost, .uriPath, .accept, .ifNoneMatch, .oscore]

    @Test(
        .requirement("COAP-0023", "COAP-0024", "COAP-0027", "COAP-0028", "COAP-0017", "COAP-0031"),
        arguments: [
            ([(2051, [])], 2051), ([(2050, [])], nil), ([(3, [])], 3), ([(3, [97])], nil), ([(3, [97]), (3, [97])], 3),
            ([(17, []), (17, [])], 17), ([(11, []), (11, [])], nil), ([(5, [1])], 5), ([(5, [])], nil),
            ([(12, [1, 2, 3])], nil), ([(11, [0xff, 0xfe])], 11), ([(11, [0x2e, 0x2e])], 11), ([(11, [0x2e])], 11),
            ([(35, [97])], 35), ([(9, [1])], nil), ([(4, []), (12, []), (12, [])], nil),
        ] as [([(UInt16, [UInt8])], UInt16?)])
    func criticalOptionsThatCannotBeProcessedAreFound(list: [(UInt16, [UInt8])], expected: UInt16?) {
        var options = Options()
        for (number, value) in list { options.append(OptionNumber(rawValue: number), value) }
        #expect(options.firstUnprocessableOption(understood: Self.understood)?.rawValue == expected)
    }

    @Test(.requirement("COAP-0029", "COAP-0030"))
    func registeredOptionsHaveTheirNumbersAndLengths() {
        let table: [(OptionNumber, UInt16, ClosedRange<Int>)] = [
            (.ifMatch, 1, 0...8), (.uriHost, 3, 1...255), (.eTag, 4, 1...8), (.ifNoneMatch, 5, 0...0),
            (.observe, 6, 0...3), (.uriPort, 7, 0...2), (.locationPath, 8, 0...255), (.oscore, 9, 0...255),
            (.uriPath, 11, 0...255), (.contentFormat, 12, 0...2), (.maxAge, 14, 0...4), (.uriQuery, 15, 0...255),
            (.hopLimit, 16, 1...1), (.accept, 17, 0...2), (.qBlock1, 19, 0...3), (.locationQuery, 20, 0...255),
            (.edhoc, 21, 0...0), (.block2, 23, 0...3), (.block1, 27, 0...3), (.size2, 28, 0...4), (.qBlock2, 31, 0...3),
            (.proxyUri, 35, 1...1034), (.proxyScheme, 39, 1...255), (.size1, 60, 0...4), (.echo, 252, 1...40),
            (.noResponse, 258, 0...1), (.requestTag, 292, 0...8),
        ]
        for (number, value, lengths) in table {
            #expect(number.rawValue == value)
            #expect(number.valueLengths == lengths)
        }
    }
}
