import CoAP
import GoscKit
import TestSupport
import Testing

/// TD_COAP_OBS_04: our client notices that a server has forgotten it.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct ForgetfulServerProcessTests {
    private let here = "coap://[::1]"

    @Test(.requirement("COAP-0146"))
    func anObservationThatTheServerHasForgottenBeginsAgain() async throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let client = try CoAPEndpoint()
        let other = try CoAPEndpoint()
        var seen = 0
        let clock = ContinuousClock()
        var forgotten: ContinuousClock.Instant?
        for try await response in try await client.observe("\(here)/obs") {
            #expect(response.code == .content)
            seen += 1
            if seen == 3 {
                #expect(
                    try await other.post("\(here)/obs-reset", Array("sesame".utf8), format: .textPlain).code == .changed
                )
                forgotten = clock.now
            }
            // Max-Age is 5 s, and until 5 to 15 s after that the client waits (RFC 7641 §3.3.1). Without a notification in
            // between it was the client that began again.
            if let forgotten, clock.now - forgotten > .seconds(9) { break }
        }
        #expect(seen >= 4)
        await client.shutDown()
        await other.shutDown()
    }
}
