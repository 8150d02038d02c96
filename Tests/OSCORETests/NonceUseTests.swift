import CoAP
import OSCORE
import TestSupport
import Testing

struct NonceUseTests {
    /// Copies of a binding, as an application may keep them, give the nonce of the request away once.
    @Test(.requirement("OSC-0069", "OSC-0060"))
    func copiesOfABindingShareOneNonce() throws {
        let pair = try Pair()
        let request = try pair.client.protectRequest(Message(code: .get)).0
        let body = request.body
        guard case .verified(let verified) = pair.server.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("not verified")
            return
        }
        var (first, second) = (verified.binding, verified.binding)
        _ = try pair.server.protectResponse(Message(code: .content), to: &first)
        #expect(throws: ProtectionError.requestNonceUsed) {
            try pair.server.protectResponse(Message(code: .content), to: &second)
        }
        let own = try pair.server.protectResponse(Message(code: .content), to: &second, usesOwnPartialIV: true)
        let value = try #require(own.options.first(of: .oscore))
        #expect(try OSCOREOption(value.span).partialIV != nil)
    }
}
