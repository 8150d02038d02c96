import Bytes
import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// The exchange that the draft publishes and the generated one, byte for byte, both ways.
struct DeterministicVectorTests {
    private let draft = CacheableVectors.shared
    private let generated = GeneratedDeterministicVectors.shared

    @Test func bothFilesSpeakOfSuiteA() {
        let group = GroupVectors.shared.group
        #expect(draft.setup.masterSecret == group.masterSecret)
        #expect(draft.setup.masterSalt == group.masterSalt)
        #expect(draft.setup.idContext == group.gid)
        #expect(draft.setup.gmCred == group.gmCred)
        #expect(draft.algorithms["request_hash"] ?? draft.algorithms["requestHash"] == HashAlgorithm.sha256.rawValue)
        #expect(generated.suite == GroupVectors.suiteA.id)
    }

    @Test(.requirement("CACH-0001", "CACH-0003", "CACH-0004", "CACH-0005", "CACH-0006"))
    func theRequestOfTheDraft() throws {
        let vector = draft.request
        let client = try GroupContext.deterministic(member: "25")
        let plain = try message(vector.unprotected)
        let expected = try message(vector.protected)
        let request = try Message(code: plain.code, body: plain.body.span)
        let (protected, binding) = try client.protectDeterministicRequest(
            request, to: SenderID(bytes(draft.setup.serverSenderId)))
        #expect(protected.code == expected.code)
        #expect(Hex.encode(protected.body) == Hex.encode(expected.body))
        #expect(Hex.encode(binding.requestHash) == vector.requestHashValue)
        // What went into it, step by step.
        #expect(hex(client.buffers.externalAAD) == vector.aadArray)
        #expect(hex(client.buffers.structure) == vector.aad)
        #expect(hex(client.buffers.plaintext) == vector.plaintext)
        #expect(hex(client.buffers.nonce) == vector.nonce)
        #expect(hex(client.buffers.optionValue) == vector.oscoreOptionValue)
        let senderKey = try senderKeyText(client)
        #expect(senderKey == vector.deterministicClientSenderKey)
        let hash = bytes(vector.requestHashOptionValue)
        let key = try client.deterministicKey(requestHash: hash.span)
        let keyText = hex(key)
        #expect(keyText == vector.encryptionKey)

        let server = try GroupContext.deterministic(member: draft.setup.serverSenderId)
        let message = try ProtectedMessage(expected.body.span)
        let isDeterministic = server.isDeterministicRequest(message)
        #expect(isDeterministic)
        guard case .verified(let verified) = server.verifyDeterministicRequest(message) else {
            Issue.record("not verified")
            return
        }
        #expect(verified.message == request)
        #expect(verified.binding.requestHash == binding.requestHash)
    }

    @Test(.requirement("CACH-0012", "CACH-0013", "CACH-0014", "CACH-0015"))
    func theResponseOfTheDraft() throws {
        let vector = draft.response
        let hash = bytes(vector.requestHashOptionValue)
        let server = try GroupContext.deterministic(member: draft.setup.serverSenderId)
        let binding = DeterministicRequestBinding(
            client: try GroupContext.nobody(), groupID: server.groupID, requestHash: hash)
        let plain = try message(vector.unprotected)
        let expected = try message(vector.protected)
        let response = try Message(code: plain.code, body: plain.body.span)
        let protected = try server.protectDeterministicResponse(response, to: binding)
        #expect(protected.code == expected.code)
        #expect(Hex.encode(protected.body) == Hex.encode(expected.body))
        // What went into it, step by step.
        #expect(Hex.encode(RequestHashOption.classIOptions(hash)) == vector.classIOptions)
        #expect(hex(server.buffers.externalAAD) == vector.aadArray)
        #expect(hex(server.buffers.plaintext) == vector.plaintext)
        #expect(hex(server.buffers.nonce) == vector.nonce)
        #expect(hex(server.buffers.structure) == vector.countersignStructure)
        #expect(hex(server.buffers.signature) == vector.plainSignature)
        #expect(hex(server.buffers.info) == vector.keystreamInfo)
        #expect(hex(server.buffers.keystream) == vector.signatureKeystream)

        let client = try GroupContext.deterministic(member: "25")
        let asked = DeterministicRequestBinding(
            client: try GroupContext.nobody(), groupID: client.groupID, requestHash: hash,
            intendedResponder: try server.ownID)
        let verified = try client.verifyDeterministicResponse(try ProtectedMessage(expected.body.span), to: asked).get()
        #expect(Hex.encode(verified.message.body) == Hex.encode(plain.body))
        #expect(verified.message.code == plain.code)
        #expect(verified.sender == (try server.ownID))
    }

    @Test(.requirement("CACH-0003", "CACH-0004", "CACH-0005"))
    func theGeneratedRequest() throws {
        let vector = generated.request
        let client = try GroupContext.deterministic(member: "77")
        let plaintext = bytes(vector.plaintext)
        let request = try Message(
            code: Code(rawValue: plaintext[0]), body: plaintext.span.extracting(droppingFirst: 1))
        let (protected, binding) = try client.protectDeterministicRequest(request, to: nil)
        #expect(Hex.encode(protected.payload) == vector.payload)
        #expect(protected.options.first(of: .oscore).map { Hex.encode($0) } == vector.oscoreOptionValue)
        #expect(Hex.encode(binding.requestHash) == vector.requestHash)
        #expect(hex(client.buffers.externalAAD) == vector.aadArray)
        #expect(hex(client.buffers.structure) == vector.aad)
        #expect(hex(client.buffers.nonce) == vector.nonce)
        let senderKey = try senderKeyText(client)
        #expect(senderKey == generated.deterministicClientSenderKey)
        let key = try client.deterministicKey(requestHash: binding.requestHash.span)
        let keyText = hex(key)
        #expect(keyText == vector.pairwiseKey)
        let server = try GroupContext.deterministic(member: "52")
        let body = protected.body
        guard case .verified(let verified) = server.verifyDeterministicRequest(try ProtectedMessage(body.span)) else {
            Issue.record("not verified")
            return
        }
        #expect(verified.message == request)
    }

    @Test(.requirement("CACH-0012", "CACH-0013"))
    func theGeneratedResponse() throws {
        let vector = generated.response
        let hash = bytes(generated.request.requestHash)
        let partialIV = try #require(PartialIV(decoding: bytes(vector.partialIv)))
        let server = try GroupContext.deterministic(member: vector.senderId, sequence: partialIV.value)
        let binding = DeterministicRequestBinding(
            client: try GroupContext.nobody(), groupID: server.groupID, requestHash: hash)
        let plaintext = bytes(vector.plaintext)
        let response = try Message(
            code: Code(rawValue: plaintext[0]), body: plaintext.span.extracting(droppingFirst: 1))
        let protected = try server.protectDeterministicResponse(response, to: binding)
        #expect(Hex.encode(protected.payload) == vector.payload)
        #expect(protected.options.first(of: .oscore).map { Hex.encode($0) } == vector.oscoreOptionValue)
        #expect(Hex.encode(RequestHashOption.classIOptions(hash)) == vector.classIOptions)
        #expect(hex(server.buffers.externalAAD) == vector.aadArray)
        #expect(hex(server.buffers.nonce) == vector.nonce)
        #expect(hex(server.buffers.structure) == vector.toBeSigned)
        #expect(hex(server.buffers.signature) == vector.signature)
        #expect(hex(server.buffers.keystream) == vector.keystream)
        let client = try GroupContext.deterministic(member: "25")
        let body = protected.body
        let verified = try client.verifyDeterministicResponse(try ProtectedMessage(body.span), to: binding).get()
        var expected = response
        expected.options.append(.requestHash, hash)
        #expect(verified.message == expected)
        #expect(verified.partialIV == partialIV)
    }
}

/// The Sender Key of the Deterministic Client as hex.
func senderKeyText(_ context: GroupContext) throws -> String {
    let key = try context.deterministicSenderKey()
    return hex(key)
}
