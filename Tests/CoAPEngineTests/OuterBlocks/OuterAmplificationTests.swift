import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// What somebody gets out of an answer that was cut, who sends short requests under the address of another.
struct OuterAmplificationTests {
    @Test(.requirement("COAP-0196"))
    func anAnswerIsNotGivenWithoutEnd() throws {
        let server = OuterServerBench()
        var message = OuterServerBench.request(.get)
        message.options.block2 = BlockOption(number: 0, isMore: false, size: .bytes256)
        let whole = 1 + OuterServerBench.body.count
        #expect(server.ask(message)?.options.block2?.isMore == true)
        message.payload = []
        message.options.block2 = BlockOption(number: 1, isMore: false, size: .bytes256)
        var given = 0
        for _ in 0..<1_000 {
            given += server.ask(message)?.payload.count ?? 0
            server.wait(.seconds(1))
        }
        #expect(given < 5 * whole)
        #expect(server.keptAnswers.count == 0)
        #expect(server.isIdle)
    }
}
