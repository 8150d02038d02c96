import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import TestSupport
import Testing

@testable import MessageWorkbench

/// What is shown of deterministic requests, and of what answers them.
struct DeterministicExplanationTests {
    private let vectors: DeterministicVectors

    init() throws {
        vectors = try DeterministicVectors()
    }

    /// The step that shows a value of the vector files.
    private static let steps = [
        "aad_array": "external_aad", "aad": "Enc_structure", "plaintext": "plaintext", "nonce": "nonce",
        "oscore_option_value": "OSCORE option", "ciphertext": "ciphertext",
    ]
    private static let requestSteps = steps.merging([
        "deterministic_client_sender_key": "deterministic_client_sender_key", "request_hash_value": "Request-Hash",
        "request_hash": "Request-Hash", "request_hash_option_value": "Request-Hash option",
        "encryption_key": "deterministic_key", "pairwise_key": "deterministic_key", "info": "info of deterministic_key",
        "ikm": "keying material of deterministic_key", "salt": "salt of deterministic_key", "payload": "ciphertext",
    ]) { old, _ in old }
    private static let responseSteps = steps.merging([
        "encryption_key": "sender_key", "signature_encryption_key": "signature_encryption_key",
        "class_i_options": "Class I options", "countersign_structure": "Countersign_structure",
        "to_be_signed": "Countersign_structure", "plain_signature": "countersignature", "signature": "countersignature",
        "signature_keystream": "keystream", "keystream": "keystream", "keystream_info": "info of keystream",
        "keystream_salt": "salt of keystream", "encrypted_signature": "encrypted countersignature",
    ]) { old, _ in old }
    /// What the files say besides: names, and whole messages, which other tests compare.
    private static let others: Set = [
        "partial_iv", "kid", "kid_context", "request_kid", "request_piv", "request_kid_context", "sender_cred",
        "sender_id", "piv_generator_id", "effective_piv", "mode", "outer_code", "description", "note", "unprotected",
        "protected",
    ]
    /// In a response the option does not travel, and the payload is ciphertext and countersignature.
    private static let othersOfResponses: Set = ["request_hash_option_value", "payload"]

    @Test func everyValueOfTheVectorsIsShownInBothDirections() throws {
        let workbench = Workbench(revealsSecrets: true)
        for (line, isRequest, values) in try vectors.protectLines() {
            for line in [line, try vectors.unprotectLine(of: line, isRequest: isRequest)] {
                let answer = workbench.answer(line.with(["op": "explain"]).bytes)
                #expect(answer["ok"] == .bool(true))
                let shown = try answer.shownSteps()
                for (name, value) in values {
                    guard let step = (isRequest ? Self.requestSteps : Self.responseSteps)[name] else {
                        let isKnown = Self.others.contains(name) || !isRequest && Self.othersOfResponses.contains(name)
                        #expect(isKnown, "\(name) is in no step")
                        continue
                    }
                    #expect(shown[step] == value, "\(name): \(step)")
                }
            }
        }
    }

    @Test func responseIsExplainedWithoutKeysOfTheDeterministicClient() throws {
        for (line, isRequest, _) in try vectors.protectLines() {
            let shown = try Workbench(revealsSecrets: true).answer(line.with(["op": "explain"]).bytes).shownSteps()
            #expect((shown["deterministic_client_sender_key"] != nil) == isRequest)
            #expect((shown["Class I options"] == nil) == isRequest)
            #expect((shown["sender_key"] == nil) == isRequest)
        }
    }

    @Test func hashAndKeyAreThoseOfOtherAlgorithmsToo() throws {
        let plain = try #require(vectors.draft.request["unprotected"])
        // The Sender Key has the length of A256GCM, the request's key that of AES-CCM-16-64-128.
        let line = try vectors.protectRequest(plain).with("context.algs.group_enc", .integer(3))
            .with("context.request_hash", .integer(-44))
        let shown = try Workbench(revealsSecrets: true).answer(line.with(["op": "explain"]).bytes).shownSteps()
        let bytes = { (name: String) throws -> [UInt8] in try #require(shown[name].flatMap { Hex.decode($0) }) }
        let senderKey = try bytes("deterministic_client_sender_key")
        #expect(senderKey.count == 32)
        let input = try bytes("input of Request-Hash")
        #expect(input == senderKey + (try bytes("external_aad")) + (try bytes("plaintext")))
        #expect(try bytes("Request-Hash") == HashKind.sha512.hash(input.span))
        #expect(try bytes("Request-Hash") == bytes("Request-Hash option"))
        let key = try bytes("deterministic_key")
        let nonce = try bytes("nonce")
        let structure = try bytes("Enc_structure")
        let ciphertext = try bytes("ciphertext")
        var cipher = try AEADCipher.make(try #require(AEADAlgorithm(rawValue: 10).aeadKind), key: key.span)
        let opened = try [UInt8](capacity: ciphertext.count) { output throws(CryptoError) in
            try cipher.open(ciphertext.span, nonce: nonce.span, aad: structure.span, into: &output)
        }
        #expect(try opened == bytes("plaintext"))
    }

    @Test func secretsAreShownOnlyIfTheyAreAskedFor() throws {
        for (line, isRequest, values) in try vectors.protectLines() {
            let keys = Workbench().answer(line.with(["op": "derive"]).bytes)
            var secrets = [
                line["context"]?.objectValue?["master_secret"], keys["signature_encryption_key"],
                keys["deterministic_client_sender_key"],
            ].map { $0?.textValue ?? "" }
            secrets += (keys["sender_keys"]?.objectValue?.members ?? []).map { $0.value.textValue ?? "" }
            let names =
                isRequest
                ? ["deterministic_client_sender_key", "encryption_key", "pairwise_key", "salt"]
                : ["encryption_key", "plain_signature", "signature", "signature_keystream", "keystream"]
            let own = names.compactMap { values[$0] }
            #expect(own.count >= 2)
            secrets += own
            for line in [line, try vectors.unprotectLine(of: line, isRequest: isRequest)] {
                let explain = line.with(["op": "explain"]).bytes
                let revealed = JSONValue.object(Workbench(revealsSecrets: true).answer(explain)).line
                let answer = Workbench().answer(explain)
                let redacted = JSONValue.object(answer).line
                for secret in own { #expect(revealed.contains(secret)) }
                for secret in secrets { #expect(!secret.isEmpty && !redacted.contains(secret)) }
                guard isRequest else { continue }
                // The steps are there all the same, and the hash is no secret: it travels.
                for name in [
                    "deterministic_client_sender_key", "input of Request-Hash", "salt of deterministic_key",
                    "deterministic_key",
                ] {
                    let step = answer["steps"]?.arrayValue?.compactMap(\.objectValue).first {
                        $0["step"] == .text(name)
                    }
                    #expect(step?["redacted"] == .bool(true), "\(name)")
                }
                #expect(try answer.shownSteps()["Request-Hash"] == draftHash())
            }
        }
    }

    // What is not accepted is explained as far as it goes.

    @Test func requestThatDoesNotDecryptIsExplainedUpToItsKey() throws {
        let answer = try explained(protected().dropLast(2) + "00")
        #expect(answer["error"] == "decryption")
        let shown = try answer.shownSteps()
        for step in ["deterministic_key", "info of deterministic_key", "external_aad", "nonce", "ciphertext"] {
            #expect(shown[step] != nil, "\(step)")
        }
        #expect(try shown["Request-Hash option"] == draftHash())
        // Nothing was hashed.
        for step in ["plaintext", "Request-Hash", "input of Request-Hash"] { #expect(shown[step] == nil, "\(step)") }
    }

    /// Any member can encrypt under the key of any hash.
    @Test func requestUnderAnotherHashShowsBoth() throws {
        let honest = try Workbench(revealsSecrets: true)
            .answer(vectors.unprotectRequest(protected()).with(["op": "explain"]).bytes).shownSteps()
        let bytes = { (name: String) throws -> [UInt8] in try #require(honest[name].flatMap { Hex.decode($0) }) }
        let other = String(repeating: "5a", count: 32)
        guard
            case .group(let input) = try ContextInput(
                Fields(#require(vectors.unprotectRequest("")["context"]?.objectValue)))
        else { return }
        let keys = try #require(try GroupKeys(input, .standard).deterministic())
        let key = try keys.requestKey([UInt8](repeating: 0x5a, count: 32)).value
        let plaintext = try bytes("plaintext")
        let nonce = try bytes("nonce")
        let structure = try bytes("Enc_structure")
        var cipher = try AEADCipher.make(try #require(AEADAlgorithm(rawValue: 10).aeadKind), key: key.span)
        let sealed = try [UInt8](capacity: plaintext.count + cipher.tagLength) { output throws(CryptoError) in
            try cipher.seal(plaintext.span, nonce: nonce.span, aad: structure.span, into: &output)
        }
        let answer = try explained(
            protected().replacing(draftHash(), with: other)
                .replacing(#require(honest["ciphertext"]), with: Hex.encode(sealed)))
        #expect(answer["error"] == "decryption")
        let shown = try answer.shownSteps()
        #expect(shown["plaintext"] == honest["plaintext"])
        #expect(try shown["Request-Hash"] == draftHash())
        #expect(shown["Request-Hash option"] == other)
        #expect(shown["keying material of deterministic_key"] == other)
        let step = answer["steps"]?.arrayValue?.compactMap(\.objectValue).first { $0["step"] == "Request-Hash" }
        #expect(step?["note"]?.textValue?.contains("refused") == true)
    }

    @Test func requestWithAHashOfAnotherLengthHasNoKey() throws {
        // Option 548 behind option 9, 31 bytes instead of 32.
        let hash = try draftHash()
        let answer = try explained(protected().replacing("ed010e13" + hash, with: "ed010e12" + hash.dropLast(2)))
        #expect(answer["error"] == "decode")
        let shown = try answer.shownSteps()
        #expect(shown["deterministic_client_sender_key"] != nil)
        #expect(shown["Request-Hash option"] == String(hash.dropLast(2)))
        for step in ["deterministic_key", "info of deterministic_key", "Request-Hash", "external_aad"] {
            #expect(shown[step] == nil, "\(step)")
        }
    }

    @Test func kidOfTheDeterministicClientAloneHasNoKeys() throws {
        let answer = try explained(protected().replacing("ed010e13" + draftHash(), with: ""))
        #expect(answer["error"] == "mode")
        let shown = try answer.shownSteps()
        #expect(shown["OSCORE option"] != nil)
        for step in ["deterministic_client_sender_key", "deterministic_key", "Request-Hash"] {
            #expect(shown[step] == nil, "\(step)")
        }
    }

    @Test func whatAnswersARequestIsNoDeterministicRequest() throws {
        let line = try vectors.unprotectRequest(protected())
            .with(["op": "explain", "direction": "response", "request": vectors.answered])
        // The Code of a response: 2.05.
        let message = try "4845" + protected().dropFirst(4)
        let answer = Workbench(revealsSecrets: true).answer(line.with(["message": .text(message)]).bytes)
        #expect(answer["error"] == "mode")
        #expect(try answer.shownSteps()["deterministic_client_sender_key"] == nil)
    }

    /// Who has no private key takes no part, and is shown what the request says.
    @Test func requestAtASilentServerIsExplainedUpToItsOption() throws {
        let line = try vectors.unprotectRequest(protected()).withMembers { $0.with(["private_key": nil]) }
        let answer = Workbench(revealsSecrets: true).answer(line.with(["op": "explain"]).bytes)
        #expect(answer["error"] == "context")
        let shown = try answer.shownSteps()
        #expect(try shown["Request-Hash option"] == draftHash())
        #expect(shown["deterministic_key"] == nil && shown["external_aad"] == nil)
    }

    @Test func requestThatChangesSomethingIsExplainedWholly() throws {
        let workbench = Workbench()
        let input = try MessageInput(Fields(vectors.protectRequest(vectors.plainPost)), remembers: false)
        guard case .group(let group) = input.context else { return }
        let bench = try workbench.bench(group, me: input.me, needsPrivateKey: true)
        let datagram = try PlainDatagram(decoding: input.message)
        let body = try [UInt8](capacity: 200) { output in
            _ = try bench.context.protectDeterministicRequest(
                uncheckedCode: .post, body: datagram.body.span, to: nil, isObservation: false, into: &output)
        }
        let answer = try explained(datagram.encoded(code: .fetch, body: body))
        #expect(answer["error"] == "unsupported")
        let shown = try answer.shownSteps()
        #expect(shown["plaintext"]?.hasPrefix("02") == true)
        #expect(shown["deterministic_key"] != nil && shown["Request-Hash"] == shown["Request-Hash option"])
    }

    @Test func responseToAnotherRequestIsExplainedUpToItsSignature() throws {
        let other = String(repeating: "5a", count: 32)
        let line = try vectors.unprotectResponse(#require(vectors.draft.response["protected"]))
            .with("request.request_hash", .text(other)).with(["op": "explain"])
        let answer = Workbench(revealsSecrets: true).answer(line.bytes)
        #expect(answer["error"] == "signature")
        let shown = try answer.shownSteps()
        #expect(shown["Class I options"] == "ed011713" + other)
        #expect(shown["Countersign_structure"]?.contains(other) == true)
        #expect(shown["plaintext"] == nil)
    }

    private func protected() throws -> String { try #require(vectors.draft.request["protected"]) }

    private func draftHash() throws -> String { try #require(vectors.draft.request["request_hash_value"]) }

    /// What member 52 is shown of a request that it receives.
    private func explained(_ message: String) throws -> JSONObject {
        let line = try vectors.unprotectRequest(message).with(["op": "explain"])
        return Workbench(revealsSecrets: true).answer(line.bytes)
    }
}

extension DeterministicVectors {
    /// A POST with a payload.
    fileprivate var plainPost: String { "5202abcd7b5cff00" }
}
