import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

struct GroupModeRefusalTests {
    private let request = Message(code: .put, options: Options(), payload: Array("on".utf8))

    /// Every single bit of the option value and of the payload, flipped: refused, and the genuine message still passes.
    @Test(.requirement("GOSC-0188", "GOSC-0203", "GOSC-0206"))
    func everyAlteredBitIsRefusedAndLeavesTheWindowUnchanged() throws {
        let sender = try GroupContext.suiteA(member: "25", sequence: 300)
        let receiver = try GroupContext.suiteA(member: "52")
        let before = receiver.replayWindow(of: sender.senderID)
        let (message, _) = try sender.protectRequest(request)
        let option = try #require(message.options.first(of: .oscore))
        for bit in 0..<(option.count * 8 + message.payload.count * 8) {
            var (value, payload) = (option, message.payload)
            if bit < value.count * 8 {
                value[bit / 8] ^= 1 << UInt8(bit % 8)
            } else {
                payload[bit / 8 - value.count] ^= 1 << UInt8(bit % 8)
            }
            var body: [UInt8] = []
            var writer = OptionWriter()
            writer.write(.oscore, value.span, into: &body)
            writer.writePayload(payload.span, into: &body)
            guard let altered = try? ProtectedMessage(body.span) else { continue }
            switch receiver.verifyRequest(altered) {
            case .rejected(let failure):
                // Tag and signature are both wrong, and it is the signature that is asked first.
                if bit >= value.count * 8 { #expect(failure == .signature, "bit \(bit)") }
            case .verified, .replay: Issue.record("bit \(bit) may be altered")
            }
        }
        #expect(receiver.replayWindow(of: sender.senderID) == before)
        let body = message.body
        guard case .verified = receiver.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("the genuine message is refused")
            return
        }
    }

    @Test(.requirement("GOSC-0336")) func aMemberCannotSpeakInAnothersName() throws {
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
        receiver.recipients[sender.senderID] = nil
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

    @Test(.requirement("GOSC-0117", "GOSC-0159"))
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
        #expect(accepted.sender == server.senderID)
    }

    @Test(.requirement("GOSC-0169", "GOSC-0215"))
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

    @Test(.requirement("GOSC-0170", "GOSC-0171", "GOSC-0175"))
    func responsesOfOneServerAreAcceptedOnceAndInOrder() throws {
        var numbers = ResponseNumbers()
        let server = try #require(SenderID([1]))
        let other = try #require(SenderID([2]))
        expect(true, nil, from: server, in: &numbers)
        expect(false, nil, from: server, in: &numbers)
        expect(true, PartialIV(5), from: server, in: &numbers)
        expect(false, PartialIV(5), from: server, in: &numbers)
        expect(false, PartialIV(4), from: server, in: &numbers)
        expect(false, nil, from: server, in: &numbers)
        expect(true, PartialIV(4), from: other, in: &numbers)
        expect(true, PartialIV(6), from: server, in: &numbers)
        expect(false, PartialIV(6), from: server, in: &numbers)
        expect(false, PartialIV(5), from: server, in: &numbers)
    }

    private func expect(
        _ expected: Bool, _ partialIV: PartialIV?, from server: SenderID, in numbers: inout ResponseNumbers
    ) {
        let accepted = numbers.accept(partialIV, from: server)
        #expect(accepted == expected)
    }
}
