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
