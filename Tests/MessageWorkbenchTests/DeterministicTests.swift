import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// The exchange that draft-ietf-core-cacheable-oscore publishes, through the front, in both directions.
struct DeterministicTests {
    private let vectors: DeterministicVectors

    init() throws {
        vectors = try DeterministicVectors()
    }

    private func value(_ name: String, of values: [String: String]) throws -> String {
        try #require(values[name])
    }

    @Test func requestIsThatOfTheDraftInBothDirections() throws {
        let plain = try value("unprotected", of: vectors.draft.request)
        let protected = try value("protected", of: vectors.draft.request)
        let expected: JSONObject = ["ok": .bool(true), "message": .text(protected)]
        #expect(Workbench().answer(try vectors.protectRequest(plain).bytes) == expected)
        let unprotect = try vectors.unprotectRequest(protected)
        let workbench = Workbench(remembersByDefault: true)
        for _ in 0..<2 {
            let answer = workbench.answer(unprotect.bytes)
            #expect(answer["message"] == .text(plain))
            #expect(answer["kid"] == .text(vectors.client))
            #expect(answer["mode"] == "deterministic")
            #expect(answer["partial_iv"] == .integer(0))
        }
        #expect(workbench.answer(unprotect.with(["mode": "group"]).bytes)["error"] == "mode")
    }

    @Test func responseIsThatOfTheDraftInBothDirections() throws {
        let plain = try value("unprotected", of: vectors.draft.response)
        let protected = try value("protected", of: vectors.draft.response)
        let protect = try vectors.protectResponse(plain, partialIV: "00")
        let expected: JSONObject = ["ok": .bool(true), "message": .text(protected)]
        #expect(Workbench().answer(protect.bytes) == expected)
        #expect(Workbench().answer(protect.with(["partial_iv": nil]).bytes)["error"] == "field")
        #expect(Workbench().answer(protect.with(["mode": "pairwise"]).bytes)["error"] == "mode")
        #expect(Workbench().answer(protect.with("request.request_hash", nil).bytes)["error"] == "field")
        let unprotect = try vectors.unprotectResponse(protected)
        let answer = Workbench().answer(unprotect.bytes)
        #expect(answer["message"] == .text(plain))
        #expect(answer["kid"] == vectors.setup["server_sender_id"].map { .text($0) })
        let other = unprotect.with("request.request_hash", .text(String(repeating: "00", count: 32)))
        #expect(Workbench().answer(other.bytes)["error"] == "signature")
    }

    @Test func methodThatChangesSomethingIsNotSent() throws {
        let post = try vectors.protectRequest("5202abcd7b5cff00")
        #expect(Workbench().answer(post.bytes)["error"] == "unsupported")
        let without = post.with("context.deterministic_client", nil)
        #expect(Workbench().answer(without.with(["message": "5201abcd7b5c"]).bytes)["error"] == "mode")
    }

    @Test func senderKeyIsDerivedApartFromThoseOfTheMembers() throws {
        let derive = try vectors.line("derive", me: "25", "").with(["message": nil])
        let answer = Workbench().answer(derive.bytes)
        let key = try value("deterministic_client_sender_key", of: vectors.draft.request)
        #expect(answer["deterministic_client_sender_key"] == .text(key))
        #expect(answer["sender_keys"]?.objectValue?.members.map(\.name) == ["25", "52"])
        #expect(answer["pairwise_keys"]?.arrayValue?.count == 2)
        let without = Workbench().answer(derive.with("context.deterministic_client", nil).bytes)
        #expect(without == answer.with(["deterministic_client_sender_key": nil]))
    }

    @Test func keysOfWhatCannotBeADeterministicClientAreNotDerived() throws {
        let derive = try vectors.line("derive", me: "25", "").with(["message": nil])
        #expect(Workbench().answer(derive.bytes)["ok"] == .bool(true))
        let changes: [(String, JSONValue?)] = [
            ("context.deterministic_client", "52"), ("context.request_hash", .integer(-15)),
            ("context.algs.key_agreement", nil), ("context.algs.sign", nil),
        ]
        for (path, value) in changes {
            #expect(Workbench().answer(derive.with(path, value).bytes)["error"] == "context", "\(path)")
        }
        // A nonce of 7 bytes leaves one for the identifier.
        let short = derive.with("context.algs.aead", .integer(12))
        #expect(Workbench().answer(short.bytes)["ok"] == .bool(true))
        let long = short.with("context.deterministic_client", "dcdc")
        #expect(Workbench().answer(long.bytes)["error"] == "context")
    }
}
