import COSE
import CoAP
import OSCORE
import Testing

struct OSCOREExample {
    private let secret = [UInt8](repeating: 1, count: 16)
    private let salt = [UInt8](repeating: 2, count: 8)

    @Test func protectsAnExchange() throws {
        let client = try context(sender: [0x00], recipient: [0x01])
        let server = try context(sender: [0x01], recipient: [0x00])
        let request = Message(code: .get)
        let answer = Message(code: .content, payload: Array("on".utf8))
        // example: oscore
        let (sent, binding) = try client.protectRequest(request)

        let received = sent.body
        guard case .verified(var verified) = server.verifyRequest(try ProtectedMessage(received.span)) else {
            throw VerificationFailure.malformed
        }
        let response = try server.protectResponse(answer, to: &verified.binding)

        let returned = response.body
        let result = client.verifyResponse(try ProtectedMessage(returned.span), to: binding)
        // end
        #expect(sent.code == .post)
        #expect(verified.message == request)
        #expect(response.code == .changed)
        #expect(try result.get() == answer)
    }

    @Test func aReplayIsToldApart() throws {
        let client = try context(sender: [0x00], recipient: [0x01])
        let server = try context(sender: [0x01], recipient: [0x00])
        let sent = try client.protectRequest(Message(code: .get)).0.body
        _ = server.verifyRequest(try ProtectedMessage(sent.span))
        guard case .replay = server.verifyRequest(try ProtectedMessage(sent.span)) else {
            Issue.record("accepted twice")
            return
        }
    }

    private func context(sender: [UInt8], recipient: [UInt8]) throws -> SecurityContext {
        let (secret, salt) = (secret, salt)
        let senderID = try #require(SenderID(sender))
        let recipientID = try #require(SenderID(recipient))
        // example: oscore-context
        // Only numbers that are durable are handed out: here the first 256.
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 256)
        let context = try SecurityContext(
            masterSecret: secret.span, masterSalt: salt.span, idContext: nil, senderID: senderID,
            recipientID: recipientID, reservation: reservation, replayWindow: ReplayWindow())
        // end
        return context
    }
}
