import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// A member's message can be genuine and yet be none, or of the wrong kind. The room that the caller lends then keeps
/// nothing of it, whatever the mode.
struct LeftoverTests {
    private static let mark = [UInt8](repeating: 0x5e, count: 24)

    /// What stands behind the Code, and whether it is a message.
    enum Content: CaseIterable {
        case message
        case reservedOption

        var body: [UInt8] { (self == .message ? [0xff] : [0xf0]) + LeftoverTests.mark }
    }

    @Test(.requirement("GOSC-0188"), arguments: Content.allCases, [true, false])
    func requests(content: Content, isGroupMode: Bool) throws {
        for code in [Code.put, .content] {
            let client = try GroupContext.suiteA(member: "25")
            let server = try GroupContext.suiteA(member: "52")
            let (request, _) =
                try isGroupMode ? client.protectRequest(.on) : client.protectRequest(.on, to: server.ownID)
            let wire = try Self.replacing(request, by: [code.rawValue] + content.body, from: client, to: server.ownID)
            let message = try ProtectedMessage(wire.span)
            var isAccepted = false
            let room = Room { output in
                if case .verified = server.verifyRequest(message, into: &output) { isAccepted = true }
            }
            let isGood = code.isRequest && content == .message
            #expect(isAccepted == isGood)
            #expect(room.holds(Self.mark) == isGood)
            #expect(room.isUntouched == !isGood)
        }
    }

    @Test(.requirement("GOSC-0188"), arguments: Content.allCases, [true, false])
    func responses(content: Content, isGroupMode: Bool) throws {
        for code in [Code.put, .content] {
            let client = try GroupContext.suiteA(member: "25")
            let server = try GroupContext.suiteA(member: "52")
            let (request, binding) = try client.protectRequest(.on, to: server.ownID)
            var served = try server.received(request).binding
            let response =
                try isGroupMode
                ? server.protectResponse(Message(code: .changed), to: &served)
                : server.protectPairwiseResponse(Message(code: .changed), to: &served)
            let wire = try Self.replacing(response, by: [code.rawValue] + content.body, from: server, to: client.ownID)
            let message = try ProtectedMessage(wire.span)
            var isAccepted = false
            let room = Room { output in
                if case .verified = client.verifyResponse(message, to: binding, into: &output) { isAccepted = true }
            }
            let isGood = code.isResponse && content == .message
            #expect(isAccepted == isGood)
            #expect(room.holds(Self.mark) == isGood)
            #expect(room.isUntouched == !isGood)
        }
    }

    /// The message that `sender` protected last, with another plaintext under the same key, nonce and associated data.
    private static func replacing(
        _ message: Message, by plaintext: [UInt8], from sender: GroupContext, to recipient: SenderID
    ) throws -> [UInt8] {
        let option = try #require(message.options.first(of: .oscore))
        let isGroupMode = option.first.map { $0 & 0x20 != 0 } ?? false
        let trace = sender.trace
        var structure: [UInt8] = []
        EncStructure.write(externalAAD: trace.externalAAD.span, into: &structure)
        var cipher = try cipher(of: sender, isGroupMode: isGroupMode, to: recipient)
        let ciphertext = try [UInt8](capacity: plaintext.count + cipher.tagLength) { output throws(CryptoError) in
            try cipher.seal(plaintext.span, nonce: trace.nonce.span, aad: structure.span, into: &output)
        }
        guard isGroupMode else { return wireBody(option: option, payload: ciphertext) }
        var signed: [UInt8] = []
        CountersignStructure.write(
            externalAAD: trace.externalAAD.span, ciphertext: ciphertext.span, into: &signed)
        let own = try #require(sender.sender)
        let signature = try [UInt8](capacity: 64) { output throws(CryptoError) in
            try own.privateKey.sign(signed.span, into: &output)
        }
        return wireBody(option: option, payload: ciphertext + zip(signature, trace.keystream).map { $0 ^ $1 })
    }

    private static func cipher(
        of sender: GroupContext, isGroupMode: Bool, to recipient: SenderID
    ) throws -> AEADCipher {
        // One algorithm for both modes.
        let kind = try #require(sender.algorithms.aead?.aeadKind)
        if isGroupMode {
            let key = try sender.common.senderKey(of: sender.ownID)
            return try AEADCipher.make(kind, key: key.bytes)
        }
        let secrets = try sender.pairwiseSecrets(with: recipient)
        return try AEADCipher.make(kind, key: secrets.senderKey.bytes)
    }
}
