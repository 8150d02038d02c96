import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// RFC 8613 Appendix C through the front, in both directions.
struct PairVectorTests {
    struct Side: Decodable {
        let masterSecret: String
        let masterSalt, idContext: String?
        let senderId, recipientId, senderKey, recipientKey, commonIv: String
    }
    struct Vector: Decodable {
        let id, kind: String
        let client, server: Side?
        let context, unprotectedRequest, protectedRequest, unprotectedResponse, protectedResponse: String?
        let requestKid, requestPiv, partialIv, aadArray, aad, plaintext, nonce, ciphertext: String?
    }
    struct File: Decodable {
        let vectors: [Vector]

        /// "C.1.1" is the client of C.1, "C.1.2" the server.
        func side(_ name: String) -> Side? {
            let vector = vectors.first { name.hasPrefix($0.id + ".") }
            return name.hasSuffix(".1") ? vector?.client : vector?.server
        }
    }

    static let file = Result { try VectorFile.load("rfc8613", as: File.self, convertsFromSnakeCase: true) }
    static let cases = (try? file.get()).map { file in file.vectors.compactMap { vectorCase($0, file) } } ?? []

    static func context(_ side: Side) -> JSONObject {
        let text = { (text: String?) -> JSONValue in text.map { .text($0) } ?? .null }
        return [
            "master_secret": .text(side.masterSecret), "master_salt": text(side.masterSalt),
            "sender_id": .text(side.senderId), "recipient_id": .text(side.recipientId),
            "id_context": text(side.idContext), "algs": .object(["aead": .integer(10), "hkdf": .integer(5)]),
        ]
    }

    private static func vectorCase(_ vector: Vector, _ file: File) -> VectorCase? {
        guard let side = vector.context.flatMap({ file.side($0) }),
            let plain = vector.unprotectedRequest ?? vector.unprotectedResponse,
            let protected = vector.protectedRequest ?? vector.protectedResponse
        else { return nil }
        let isRequest = vector.unprotectedRequest != nil
        let partialIV: JSONValue = vector.partialIv.map { .integer(Int64($0, radix: 16) ?? -1) } ?? .null
        var common: JSONObject = ["direction": .text(isRequest ? "request" : "response")]
        if !isRequest, let kid = vector.requestKid, let partialIV = vector.requestPiv {
            common.append("request", .object(["kid": .text(kid), "partial_iv": .text(partialIV)]))
        }
        let context = JSONValue.object(context(side))
        return VectorCase(
            name: vector.id,
            protect: common.with([
                "op": "protect", "mode": "oscore", "context": context, "partial_iv": partialIV, "message": .text(plain),
            ]),
            // The same context object, seen from the other end.
            unprotect: common.with([
                "op": "unprotect", "context": context, "me": .text(side.recipientId), "message": .text(protected),
            ]), plain: plain, protected: protected, kid: side.senderId, mode: "oscore", partialIV: partialIV,
            steps: [
                "nonce": vector.nonce ?? "", "external_aad": vector.aadArray ?? "", "Enc_structure": vector.aad ?? "",
                "plaintext": vector.plaintext ?? "", "ciphertext": vector.ciphertext ?? "",
            ])
    }

    @Test func thereAreFiveMessages() {
        #expect(Self.cases.map(\.name) == ["C.4", "C.5", "C.6", "C.7", "C.8"])
    }

    @Test(arguments: cases)
    func vectorIsProtectedByteForByte(vector: VectorCase) {
        let answer = JSONValue.object(Workbench().answer(vector.protect.bytes)).line
        #expect(answer == #"{"ok":true,"message":"\#(vector.protected)"}"#)
    }

    @Test(arguments: cases)
    func vectorIsUnprotected(vector: VectorCase) {
        let expected: JSONObject = [
            "ok": .bool(true), "message": .text(vector.plain), "kid": .text(vector.kid), "mode": "oscore",
            "partial_iv": vector.partialIV,
        ]
        #expect(Workbench().answer(vector.unprotect.bytes) == expected)
    }

    @Test(arguments: cases)
    func explanationShowsEveryStep(vector: VectorCase) throws {
        for line in [vector.protect, vector.unprotect] {
            let answer = Workbench().answer(line.with(["op": "explain"]).bytes)
            let text = JSONValue.object(answer).line
            #expect(answer["ok"] == .bool(true))
            for (step, bytes) in vector.steps {
                #expect(text.contains(#"{"step":"\#(step)","bytes":"\#(bytes)""#), "\(step)")
            }
        }
    }

    @Test func derivedKeysAreThoseOfTheVectors() throws {
        for vector in try Self.file.get().vectors {
            for side in [vector.client, vector.server].compactMap(\.self) {
                let line: JSONObject = ["op": "derive", "context": .object(Self.context(side))]
                let expected: JSONObject = [
                    "ok": .bool(true), "sender_key": .text(side.senderKey), "recipient_key": .text(side.recipientKey),
                    "common_iv": .text(side.commonIv),
                ]
                #expect(Workbench().answer(line.bytes) == expected)
            }
        }
    }
}
