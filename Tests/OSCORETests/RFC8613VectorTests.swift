import Bytes
import COSE
import CoAP
import CryptoPrimitives
import TestSupport
import Testing

@testable import OSCORE

struct RFC8613VectorTests {
    static let all = RFC8613Vectors.shared
    static let derivations = all.vectors.filter { $0.kind == "key-derivation" }.map(\.id)
    static let requests = all.vectors.filter { $0.kind == "protect-request" }.map(\.id)
    static let responses = all.vectors.filter { $0.kind == "protect-response" }.map(\.id)

    static func vector(_ id: String) throws -> RFC8613Vectors.Vector {
        try #require(all.vectors.first { $0.id == id })
    }

    @Test(
        .requirement("OSC-0007", "OSC-0008", "OSC-0009", "OSC-0010", "OSC-0011", "OSC-0058", "GOSC-0119", "GOSC-0278"),
        arguments: derivations)
    func keysAreDerivedAsInTheVectors(id: String) throws {
        let vector = try Self.vector(id)
        for side in [vector.client, vector.server].compactMap(\.self) {
            let idContext = side.idContext.map(bytes)
            let cases = [
                (bytes(side.senderId), "Key", side.infoSenderKey, side.senderKey),
                (bytes(side.recipientId), "Key", side.infoRecipientKey, side.recipientKey),
                ([], "IV", side.infoCommonIv, side.commonIv),
            ]
            for (id, type, info, expected) in cases {
                let count = bytes(expected).count
                #expect(
                    Hex.encode(
                        KeyDerivation.info(id: id.span, idContext: idContext, algorithm: 10, type: type, count: count))
                        == info)
                let key = try KeyDerivation.derive(
                    .sha256, salt: bytes(side.masterSalt).span, secret: bytes(side.masterSecret).span, id: id.span,
                    idContext: idContext, algorithm: 10, type: type, count: count)
                let derived = [UInt8](copying: key.bytes)
                #expect(Hex.encode(derived) == expected)
            }
            for (id, expected) in [(side.senderId, side.senderNonce), (side.recipientId, side.recipientNonce)] {
                var nonce: [UInt8] = []
                Nonce.write(
                    commonIV: bytes(side.commonIv).span, producer: try #require(SenderID(bytes(id))),
                    partialIV: try #require(PartialIV(decoding: bytes(side.partialIvForNonces))), count: 13,
                    into: &nonce)
                #expect(Hex.encode(nonce) == expected)
            }
        }
    }

    @Test(
        .requirement(
            "OSC-0017", "OSC-0019", "OSC-0021", "OSC-0050", "OSC-0052", "OSC-0055", "OSC-0061", "OSC-0067", "OSC-0077",
            "GOSC-0144"),
        arguments: requests)
    func requestsAreProtectedByteForByte(id: String) throws {
        let vector = try Self.vector(id)
        let client = try context(try #require(vector.context), sequence: 20)
        let plain = try Datagram(bytes(vector.unprotectedRequest))
        let (message, binding) = try client.protectRequest(plain.message)
        #expect(Hex.encode(try plain.encoded(as: message)) == vector.protectedRequest)
        #expect(binding.partialIV.value == 20)
    }

    @Test(.requirement("OSC-0051", "OSC-0071", "OSC-0083"), arguments: requests)
    func protectedRequestsVerifyAtTheServer(id: String) throws {
        let vector = try Self.vector(id)
        let name = try #require(vector.context)
        let server = try context(name.dropLast() + "2", sequence: 0)
        let message = try Datagram(bytes(vector.protectedRequest)).message
        let body = message.body
        guard case .verified(let request) = server.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("not verified")
            return
        }
        #expect(request.message == (try Datagram(bytes(vector.unprotectedRequest)).message))
        guard case .replay = server.verifyRequest(try ProtectedMessage(body.span)) else {
            Issue.record("accepted twice")
            return
        }
    }

    @Test(
        .requirement("OSC-0054", "OSC-0060", "OSC-0061", "OSC-0068", "OSC-0086", "OSC-0089", "GOSC-0144"),
        arguments: responses)
    func responsesAreProtectedAndVerifyByteForByte(id: String) throws {
        let vector = try Self.vector(id)
        let name = try #require(vector.context)
        let server = try context(name, sequence: 0)
        let client = try context(name.dropLast() + "1", sequence: 0)
        var binding = RequestBinding(
            kid: try #require(SenderID(bytes(vector.requestKid))),
            partialIV: try #require(PartialIV(decoding: bytes(vector.requestPiv))))
        let plain = try Datagram(bytes(vector.unprotectedResponse))
        let message = try server.protectResponse(plain.message, to: &binding, usesOwnPartialIV: vector.partialIv != nil)
        #expect(Hex.encode(try plain.encoded(as: message)) == vector.protectedResponse)
        let body = message.body
        let verified = client.verifyResponse(try ProtectedMessage(body.span), to: binding)
        #expect(try verified.get() == plain.message)
    }

    /// The steps in between, one by one.
    @Test(
        .requirement("OSC-0054", "OSC-0058", "OSC-0060", "OSC-0061", "OSC-0062", "OSC-0064", "OSC-0067"),
        arguments: requests + responses)
    func everyStepOfTheVectorsIsReproduced(id: String) throws {
        let vector = try Self.vector(id)
        let name = try #require(vector.context)
        let side = try #require(Self.all.side(name))
        let (kid, piv) = (SenderID(bytes(vector.requestKid)), PartialIV(decoding: bytes(vector.requestPiv)))
        let binding = RequestBinding(kid: try #require(kid), partialIV: try #require(piv))
        let ownPartialIV = vector.partialIv.flatMap { PartialIV(decoding: bytes($0)) }

        var array: [UInt8] = []
        ExternalAAD.write(algorithm: 10, binding: binding, into: &array)
        #expect(Hex.encode(array) == vector.aadArray)
        var structure: [UInt8] = []
        EncStructure.write(externalAAD: array.span, into: &structure)
        #expect(Hex.encode(structure) == vector.aad)

        // A message uses its producer's Partial IV: its own, or in a response the request's.
        var nonce: [UInt8] = []
        let senderID = try #require(SenderID(bytes(side.senderId)))
        Nonce.write(
            commonIV: bytes(side.commonIv).span, producer: ownPartialIV == nil ? binding.kid : senderID,
            partialIV: ownPartialIV ?? binding.partialIV, count: 13, into: &nonce)
        #expect(Hex.encode(nonce) == vector.nonce)

        let plain = try Datagram(bytes(vector.unprotectedRequest ?? vector.unprotectedResponse)).message
        var plaintext: [UInt8] = []
        let body = plain.body
        _ = try Plaintext.writeInner(code: plain.code, body: body.span, into: &plaintext)
        #expect(Hex.encode(plaintext) == vector.plaintext)

        let protected = try Datagram(bytes(vector.protectedRequest ?? vector.protectedResponse)).message
        #expect(protected.options.oscore.map(Hex.encode) == vector.oscoreOptionValue)
        #expect(Hex.encode(protected.payload) == vector.ciphertext)
    }

    @Test(.requirement("OSC-0062")) func theExternalAADOfSection54IsReproduced() throws {
        let example = Self.all.extra.aadExample54
        var array: [UInt8] = []
        let binding = RequestBinding(
            kid: try #require(SenderID(bytes(example.requestKid))),
            partialIV: try #require(PartialIV(decoding: bytes(example.requestPiv))))
        ExternalAAD.write(algorithm: example.aeadAlg, binding: binding, into: &array)
        #expect(Hex.encode(array) == example.aadArray)
        var structure: [UInt8] = []
        EncStructure.write(externalAAD: array.span, into: &structure)
        #expect(Hex.encode(structure) == example.aad)
        #expect(structure.count == 21)
    }

    @Test(.requirement("OSC-0002", "OSC-0063", "OSC-0064"))
    func theOptionValuesOfSection63AreReproduced() throws {
        for example in Self.all.extra.compressionExamples63 {
            var value: [UInt8] = []
            let kidContext = example.kidContext.map(bytes)
            OSCOREOption.write(
                isGroupMode: false, partialIV: example.partialIv.flatMap { PartialIV(decoding: bytes($0)) },
                kidContext: kidContext?.span, kid: example.kid.flatMap { SenderID(bytes($0)) }, into: &value)
            #expect(Hex.encode(value) == example.optionValue)
            let decoded = try OSCOREOption(value.span)
            #expect(decoded.partialIV == example.partialIv.flatMap { PartialIV(decoding: bytes($0)) })
            #expect(hex(decoded.kid) == example.kid)
            #expect(hex(decoded.kidContext) == example.kidContext)
        }
    }

    private func hex(_ bytes: Span<UInt8>?) -> String? {
        guard let bytes else { return nil }
        return Hex.encode([UInt8](copying: bytes))
    }

    private func context(_ name: some StringProtocol, sequence: UInt64) throws -> SecurityContext {
        let side = try #require(Self.all.side(String(name)))
        var reservation = SequenceReservation(resumingAt: sequence)
        reservation.extend(to: sequence + 100)
        return try SecurityContext(
            masterSecret: bytes(side.masterSecret).span, masterSalt: bytes(side.masterSalt).span,
            idContext: side.idContext.map(bytes), senderID: try #require(SenderID(bytes(side.senderId))),
            recipientID: try #require(SenderID(bytes(side.recipientId))), reservation: reservation,
            replayWindow: ReplayWindow())
    }
}
