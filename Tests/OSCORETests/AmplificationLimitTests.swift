import CoAP
import OSCORE
import TestSupport
import Testing

struct AmplificationLimitTests {
    @Test(.requirement("ECHO-0012"))
    func onlyShortAnswersGoToAnAddressThatIsNotProved() {
        let limit = AmplificationLimit()
        for (response, request, isPermitted) in [
            (136, 10, true), (137, 10, false), (137, 45, false), (137, 46, true), (3000, 1000, true),
            (3001, 1000, false), (Int.max, 1000, false),
        ] {
            let verdict = limit.permits(responseLength: response, requestLength: request)
            #expect(verdict == isPermitted, "\(response) to \(request)")
        }
        // Header and the longest Token come before the body.
        let challenge = AmplificationLimit.challenge(echo: [UInt8](repeating: 7, count: 40))
        #expect(challenge == Message(.unauthorized, [(.echo, [UInt8](repeating: 7, count: 40))]))
        #expect(limit.permits(responseLength: 4 + 8 + challenge.body.count, requestLength: 1))
    }
}
