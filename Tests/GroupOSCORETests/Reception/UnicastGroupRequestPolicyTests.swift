import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct UnicastGroupRequestPolicyTests {
    @Test(.requirement("GOSC-0349"))
    func methodsThatChangeSomethingCanBeRefused() {
        let strict = UnicastGroupRequestPolicy.safeMethodsOnly
        for method in [Code.get, .fetch] {
            #expect(strict.permits(method, isGroupMode: true, isMulticast: false))
        }
        for method in [Code.put, .post, .delete, .patch, .iPatch] {
            #expect(!strict.permits(method, isGroupMode: true, isMulticast: false))
            #expect(strict.permits(method, isGroupMode: true, isMulticast: true))
            #expect(strict.permits(method, isGroupMode: false, isMulticast: false))
            #expect(UnicastGroupRequestPolicy.accept.permits(method, isGroupMode: true, isMulticast: false))
        }
    }

    @Test(.requirement("GOSC-0349"))
    func theRefusalIsProtected() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let (request, binding) = try client.protectRequest(.on)
        let received = try server.received(request)
        let isPermitted = UnicastGroupRequestPolicy.safeMethodsOnly.permits(
            received.message.code, isGroupMode: received.binding.isGroupMode, isMulticast: false)
        #expect(!isPermitted)
        var served = received.binding
        let refusal = try server.protectResponse(Message(code: .forbidden), to: &served)
        #expect(refusal.code != .forbidden)
        #expect(try client.answered(refusal, to: binding).message.code == .forbidden)
    }
}
