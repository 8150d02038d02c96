import Bytes
import COSE
import CoAP
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// What the ciphertext and the countersignature of a group message cover, done again by other means.
struct GroupCiphertextTests {
    private static let groupSuites = GroupVectors.shared.suites.filter { GroupAlgorithms($0).hasGroupMode }.map(\.id)

    @Test(.requirement("GOSC-0122"), arguments: groupSuites)
    func encryptionAndCountersignatureCoverTheSameAAD(suite: String) throws {
        let sender = try GroupContext.vectors(suite, member: "25")
        let message = try sender.protectRequest(.on).0
        let aad = copy(sender.buffers.externalAAD)
        let ciphertext = Array(message.payload.dropLast(64))
        var signed: [UInt8] = []
        CountersignStructure.write(externalAAD: aad.span, ciphertext: ciphertext.span, into: &signed)
        #expect(hex(sender.buffers.structure) == Hex.encode(signed))
        let key = try sender.common.senderKey(of: sender.ownID)
        let nonce = copy(sender.buffers.nonce)
        // With AES-CTR there is no other cover than the signature.
        guard let kind = sender.algorithms.groupEncryption?.aeadKind else { return }
        var structure: [UInt8] = []
        EncStructure.write(externalAAD: aad.span, into: &structure)
        var cipher = try AEADCipher.make(kind, key: key.bytes)
        let plaintext = try [UInt8](capacity: ciphertext.count) { output in
            try cipher.open(ciphertext.span, nonce: nonce.span, aad: structure.span, into: &output)
        }
        #expect(Hex.encode(plaintext) == hex(sender.buffers.plaintext))
    }

    @Test(.requirement("GOSC-0122"), arguments: GroupVectors.shared.suites.map(\.id))
    func pairwiseMessagesHaveItToo(suite: String) throws {
        let sender = try GroupContext.vectors(suite, member: "25")
        guard sender.algorithms.hasPairwiseMode else { return }
        let (message, binding) = try sender.protectRequest(.on, to: try #require(SenderID([0x52])))
        let option = try #require(message.options.first(of: .oscore))
        let credential = try #require(sender.credential).bytes
        // The array that a message in group mode would have with this option.
        var aad: [UInt8] = []
        GroupExternalAAD.write(
            group: sender.common, binding: binding, classIOptions: Span(), optionValue: option.span,
            senderCredential: credential.span, into: &aad)
        #expect(Hex.encode(sender.trace.externalAAD) == Hex.encode(aad))
    }

    @Test(.requirement("GOSC-0282"))
    func aCiphertextWithoutIntegrityIsPlainCounterMode() throws {
        let sender = try GroupContext.vectors("D", member: "25")
        let message = try sender.protectRequest(.on).0
        let kind = try #require(sender.algorithms.groupEncryption?.streamCipherKind)
        let key = try sender.common.senderKey(of: sender.ownID)
        let (plaintext, nonce) = (copy(sender.buffers.plaintext), copy(sender.buffers.nonce))
        var cipher = try StreamCipher.make(kind, key: key.bytes)
        let ciphertext = try [UInt8](capacity: plaintext.count) { output in
            try cipher.apply(plaintext.span, nonce: nonce.span, into: &output)
        }
        #expect(Array(message.payload.dropLast(64)) == ciphertext)
    }

    @Test(.requirement("GOSC-0021"))
    func withoutTagTheSignatureGuardsEveryBit() throws {
        let message = try GroupContext.vectors("D", member: "25").protectRequest(.on).0
        let server = try GroupContext.vectors("D", member: "52")
        for bit in 0..<((message.payload.count - 64) * 8) {
            var altered = message
            altered.payload[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(try server.judged(altered) == "signature", "bit \(bit)")
            #expect(hex(server.buffers.plaintext) == "")
        }
        #expect(try server.judged(message) == "verified")
    }

    /// Nobody can look at a plaintext too early: it does not exist before the signature is verified.
    @Test(.requirement("GOSC-0204", "GOSC-0227", "GOSC-0200"), arguments: groupSuites)
    func nothingIsDecryptedUnderABadSignature(suite: String) throws {
        let client = try GroupContext.vectors(suite, member: "25")
        let server = try GroupContext.vectors(suite, member: "52")
        let (request, binding) = try client.protectRequest(.on)
        #expect(try server.judged(badlySigned(request)) == "signature")
        #expect(hex(server.buffers.plaintext) == "")
        var served = try server.received(request).binding
        let response = try server.protectResponse(.done, to: &served)
        // Another copy of the client, whose memory holds nothing yet.
        let reader = try GroupContext.vectors(suite, member: "25")
        #expect(throws: VerificationFailure.signature) { try reader.answered(badlySigned(response), to: binding) }
        #expect(hex(reader.buffers.plaintext) == "")
        #expect(try reader.answered(response, to: binding).message == .done)
        #expect(hex(reader.buffers.plaintext) != "")
    }

    /// The compressed object ends with the bare bytes of a Countersignature0, version 2: no label, no array, no length.
    @Test(.requirement("CSIG-0001"), arguments: groupSuites)
    func theCountersignatureIsABareString(suite: String) throws {
        let sender = try GroupContext.vectors(suite, member: "25")
        let message = try sender.protectRequest(.on).0
        let tagLength = try #require(sender.algorithms.groupEncryption?.tagLength)
        let signatureLength = try #require(sender.algorithms.signature?.signatureLength)
        let plaintextLength = copy(sender.buffers.plaintext).count
        #expect(message.payload.count == plaintextLength + tagLength + signatureLength)
        let keystream = copy(sender.buffers.keystream)
        let signature = zip(message.payload.suffix(signatureLength), keystream).map { $0 ^ $1 }
        let signed = copy(sender.buffers.structure)
        #expect(Hex.encode(signed).hasPrefix("8571" + Hex.encode(Array("CounterSignature0".utf8)) + "4040"))
        let isGenuine = try #require(sender.credential).publicKey.isValidSignature(signature.span, for: signed.span)
        #expect(isGenuine)
    }

    /// RFC 9053 §6.3.1 would derive from a COSE_KDF_Context; here only the raw shared secret is used.
    @Test(.requirement("ALG-0007"))
    func thePairwiseKeyIsNotThatOfCOSE() throws {
        for id in ["A", "B"] {
            for key in try GroupVectors.suite(id).keys.pairwiseKeys ?? [] {
                let sender = try GroupContext.vectors(id, member: key.from)
                let secrets = try sender.pairwiseSecrets(with: try #require(SenderID(bytes(key.to))))
                #expect(hex(secrets.senderKey) == key.pairwiseKey)
                let aead = try #require(sender.algorithms.aead)
                let length = try #require(aead.keyLength)
                // [AlgorithmID, PartyUInfo, PartyVInfo, SuppPubInfo] with nothing known of the parties.
                var context: [UInt8] = [0x84]
                context += aead.rawValue < 24 ? [UInt8(aead.rawValue)] : [0x18, UInt8(aead.rawValue)]
                context += [0x83, 0xf6, 0xf6, 0xf6, 0x83, 0xf6, 0xf6, 0xf6, 0x82, 0x18, UInt8(length * 8 % 256), 0x40]
                let secret = [UInt8](copying: secrets.sharedSecret.bytes)
                let direct = try [UInt8](capacity: length) { output in
                    try HKDF.derive(
                        .sha256, salt: [UInt8]().span, secret: secret.span, info: context.span, count: length,
                        into: &output)
                }
                #expect(Hex.encode(direct) != key.pairwiseKey)
            }
        }
    }

    private func badlySigned(_ message: Message) -> Message {
        var altered = message
        altered.payload[altered.payload.count - 1] ^= 1
        return altered
    }
}
