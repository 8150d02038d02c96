import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct RefusalTests {
    private let request = Message(code: .put, options: Options(), payload: Array("on".utf8))

    @Test(.requirement("GOSC-0203", "GOSC-0335"))
    func aMemberCannotSpeakInAnothersName() throws {
        let forger = try GroupContext.suiteA(member: "25", sequence: 9, signsWithKeyOf: "77")
        let receiver = try GroupContext.suiteA(member: "52")
        let body = try forger.protectRequest(request).0.body
        guard case .rejected(.signature) = receiver.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("forged")
            return
        }
    }

    @Test(.requirement("GOSC-0199", "GOSC-0210"))
    func strangersAndOwnMessagesAreTold() throws {
        let sender = try GroupContext.suiteA(member: "25")
        let body = try sender.protectRequest(request).0.body
        guard case .rejected(.ownMessage) = sender.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("own message accepted")
            return
        }
        let receiver = try GroupContext.suiteA(member: "52")
        receiver.removeRecipient(try sender.ownID)
        guard case .rejected(.unknownSender) = receiver.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("stranger accepted")
            return
        }
        let other = try GroupContext.suiteA(member: "52", afterRekey: true)
        guard case .rejected(.noContext) = other.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("foreign Gid accepted")
            return
        }
    }

    @Test(.requirement("GOSC-0159"))
    func aResponseVerifiesOnlyForItsOwnRequest() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52")
        let (first, firstBinding) = try client.protectRequest(request)
        let (_, secondBinding) = try client.protectRequest(request)
        let firstBody = first.body
        guard case .verified(let verified) = server.verifyRequest(try ProtectedMessage(firstBody.span)) else {
            Issue.record("not verified")
            return
        }
        var binding = verified.binding
        let response = try server.protectResponse(Message(code: .changed), to: &binding)
        let body = response.body
        #expect(throws: VerificationFailure.signature) {
            try client.verifyResponse(try ProtectedMessage(body.span), to: secondBinding).get()
        }
        let accepted = try client.verifyResponse(try ProtectedMessage(body.span), to: firstBinding).get()
        #expect(accepted.sender == (try server.ownID))
    }

    @Test(.requirement("GOSC-0169", "GOSC-0215", "COAP-0159"))
    func onlyOneResponseUsesTheRequestsNonce() throws {
        let client = try GroupContext.suiteA(member: "25")
        let server = try GroupContext.suiteA(member: "52", sequence: 40)
        let (message, _) = try client.protectRequest(request)
        let body = message.body
        guard case .verified(let verified) = server.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("not verified")
            return
        }
        var binding = verified.binding
        var partialIVs: [UInt64?] = []
        for _ in 0..<3 {
            let response = try server.protectResponse(Message(code: .changed), to: &binding)
            let value = try #require(response.options.first(of: .oscore))
            partialIVs.append(try OSCOREOption(value.span).partialIV?.value)
        }
        #expect(partialIVs == [nil, 40, 41])
    }
}
