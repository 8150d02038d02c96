import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

struct ErrorResponseTests {
    private func response(
        to failure: VerificationFailure, _ policy: OSCOREErrorResponse.Policy = .explicit
    ) -> Message? {
        OSCOREErrorResponse.response(to: failure, mayBeGroupRequest: false, policy: policy)
    }

    private func expected(_ code: Code, _ text: String) -> Message {
        Message(code, [(.maxAge, [])], payload: Array(text.utf8))
    }

    @Test(
        .requirement(
            "OSC-0023", "OSC-0071", "OSC-0079", "OSC-0080", "OSC-0082", "OSC-0085", "GOSC-0197", "GOSC-0255",
            "COAP-0273"))
    func everyFailureHasTheResponseOfTheSpecification() throws {
        #expect(response(to: .malformed) == expected(.badOption, "Failed to decode COSE"))
        #expect(response(to: .noContext) == expected(.unauthorized, "Security context not found"))
        #expect(response(to: .unknownSender) == expected(.unauthorized, "Security context not found"))
        #expect(response(to: .decryption) == expected(.badRequest, "Decryption failed"))
        #expect(response(to: .mode) == expected(.badOption, ""))
        #expect(
            OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: false) == expected(.unauthorized, "Replay detected")
        )
        for failure in [.notProtected, .ownMessage, .invalidWindow, .wrongResponder] as [VerificationFailure] {
            #expect(response(to: failure) == nil)
        }
    }

    @Test(.requirement("OSC-0085")) func errorsOfTheApplicationAreProtectedAndThoseOfOSCOREAreNot() throws {
        let pair = try Pair()
        let (request, binding) = try pair.client.protectRequest(Message(.get))
        var atServer = try pair.request(request).binding
        let sent = try pair.server.protectResponse(Message(.notFound), to: &atServer)
        #expect(sent.options.oscore != nil)
        #expect(try pair.atClient(sent, binding).get().code == .notFound)
        #expect(try #require(response(to: .decryption)).options.oscore == nil)
    }

    @Test(.requirement("GOSC-0207")) func aBadSignatureLooksLikeABadTag() throws {
        for policy in [.explicit, .codeOnly, .silent] as [OSCOREErrorResponse.Policy] {
            #expect(response(to: .signature, policy) == response(to: .decryption, policy))
        }
    }

    @Test(.requirement("GOSC-0189", "COAP-0273")) func aRequestToAGroupGetsNoErrorResponse() {
        for failure in VerificationFailure.allCases {
            #expect(OSCOREErrorResponse.response(to: failure, mayBeGroupRequest: true) == nil)
        }
        #expect(OSCOREErrorResponse.responseToReplay(mayBeGroupRequest: true) == nil)
    }

    @Test(.requirement("OSC-0112")) func aServerMaySayLessOrNothing() {
        for failure in VerificationFailure.allCases {
            #expect(response(to: failure, .silent) == nil)
            #expect(response(to: failure, .codeOnly)?.payload.isEmpty ?? true)
            #expect(response(to: failure, .codeOnly)?.code == response(to: failure)?.code)
        }
    }

    @Test(.requirement("OSC-0111")) func anUnprotectedErrorMovesNoClient() throws {
        let pair = try Pair()
        let (request, binding) = try pair.client.protectRequest(Message(.get))
        var atServer = try pair.request(request).binding
        let genuine = try pair.server.protectResponse(Message(.content), to: &atServer)
        let before = pair.client.reservation
        for failure in VerificationFailure.allCases {
            guard let body = response(to: failure)?.body else { continue }
            #expect(throws: VerificationFailure.notProtected) { _ = try ProtectedMessage(body.span).payload.count }
        }
        #expect(pair.client.reservation == before)
        #expect(try pair.atClient(genuine, binding).get().code == .content)
    }

    @Test(.requirement("GOSC-0202")) func aMissingCredentialMayComeLater() {
        typealias Response = OSCOREErrorResponse
        let plain = Response.responseToMissingCredential(mayBeGroupRequest: false)
        #expect(plain == Message(.serviceUnavailable))
        let timed = Response.responseToMissingCredential(mayBeGroupRequest: false, retryAfter: 5)
        #expect(timed == Message(.serviceUnavailable, [(.maxAge, [5])]))
        #expect(Response.responseToMissingCredential(mayBeGroupRequest: true, retryAfter: 5) == nil)
        #expect(Response.responseToMissingCredential(mayBeGroupRequest: false, policy: .silent) == nil)
    }
}
