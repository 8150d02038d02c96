import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import Testing

struct GroupOSCOREExample {
    private let secret = [UInt8](repeating: 1, count: 16)
    private let salt = [UInt8](repeating: 2, count: 8)
    private let managerCredential = [UInt8](repeating: 9, count: 40)
    private let request = Message(code: .put, payload: Array("on".utf8))

    @Test func speaksToAGroup() throws {
        let request = request
        let (switchID, lampID) = (try #require(SenderID([0x01])), try #require(SenderID([0x02])))
        let (light, lamp) = (try context(switchID, seed: 3), try context(lampID, seed: 4))
        let (switchCredential, lampCredential) = (try credential(seed: 3), try credential(seed: 4))
        // example: grouposcore
        try light.addRecipient(lampID, credential: lampCredential)
        try lamp.addRecipient(switchID, credential: switchCredential)

        let (sent, binding) = try light.protectRequest(request)

        let received = sent.body
        guard case .verified(var verified) = lamp.verifyRequest(try ProtectedMessage(received.span)) else {
            throw VerificationFailure.malformed
        }
        let response = try lamp.protectResponse(Message(code: .changed), to: &verified.binding)

        let returned = response.body
        let answer = try light.verifyResponse(try ProtectedMessage(returned.span), to: binding).get()
        // end
        #expect(verified.message == request)
        #expect(verified.sender == switchID)
        #expect(answer.message.code == .changed)
        #expect(answer.sender == lampID)
    }

    private func credential(seed: UInt8) throws -> AuthenticationCredential {
        let bytes = [UInt8](repeating: seed, count: 32)
        return .ccs(subject: "node", publicKey: try Ed25519PrivateKey(seed: bytes.span).publicKey)
    }

    private func context(_ senderID: SenderID, seed: UInt8) throws -> GroupContext {
        let (secret, salt, managerCredential) = (secret, salt, managerCredential)
        let (credential, seed) = (try credential(seed: seed), [UInt8](repeating: seed, count: 32))
        let groupID = try #require(GroupID([0xab, 0xcd]))
        // example: grouposcore-context
        let algorithms = GroupAlgorithms(
            aead: nil, groupEncryption: .aesCCM_16_64_128, signature: .edDSA, pairwiseKeyAgreement: nil)
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 256)
        let context = try GroupContext(
            groupID: groupID, masterSecret: secret.span, masterSalt: salt, algorithms: algorithms,
            managerCredential: managerCredential, senderID: senderID, credential: credential,
            privateKey: PrivateKey(.ed25519, secret: seed.span), reservation: reservation)
        // end
        return context
    }
}
