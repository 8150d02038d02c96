import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// The exchange that draft-ietf-core-cacheable-oscore publishes, through the front, in both directions.
struct DeterministicTests {
    struct File: Decodable {
        struct Setup: Decodable {
            let masterSecret, masterSalt, idContext, deterministicClientSenderId, serverSenderId, serverAuthCred: String
            let serverPrivateKey, gmCred: String
        }
        struct Message: Decodable {
            let partialIv, requestHashOptionValue, unprotected, protected: String
        }
        let setup: Setup
        let request, response: Message
    }

    private let file: File

    init() throws {
        file = try VectorFile.load("cacheable-oscore-draft", convertsFromSnakeCase: true)
    }

    /// The client is a member of the group vectors, which have the same group: the draft says nothing of it.
    private func line(_ operation: String, me: String, _ message: String) throws -> JSONObject {
        let client = try #require(GroupVectorFile.load().group.members.first { $0.senderId == "25" })
        let members: [JSONObject] = [
            ["id": "25", "cred": .text(client.authCred), "private_key": .text(client.ed25519Seed)],
            [
                "id": .text(file.setup.serverSenderId), "cred": .text(file.setup.serverAuthCred),
                "private_key": .text(file.setup.serverPrivateKey),
            ],
        ]
        let context: JSONObject = [
            "gid": .text(file.setup.idContext), "master_secret": .text(file.setup.masterSecret),
            "master_salt": .text(file.setup.masterSalt), "gm_cred": .text(file.setup.gmCred),
            "deterministic_client": .text(file.setup.deterministicClientSenderId),
            "algs": .object([
                "hkdf": .integer(5), "group_enc": .integer(10), "aead": .integer(10), "sign": .integer(-8),
                "key_agreement": .integer(-27),
            ]), "members": .array(members.map { .object($0) }),
        ]
        return ["op": .text(operation), "context": .object(context), "me": .text(me), "message": .text(message)]
    }

    private var answered: JSONValue {
        .object([
            "kid": .text(file.setup.deterministicClientSenderId), "mode": "deterministic",
            "request_hash": .text(file.request.requestHashOptionValue),
        ])
    }

    @Test func requestIsThatOfTheDraftInBothDirections() throws {
        let protect = try line("protect", me: "25", file.request.unprotected)
            .with(["direction": "request", "mode": "deterministic"])
        let expected: JSONObject = ["ok": .bool(true), "message": .text(file.request.protected)]
        #expect(Workbench().answer(protect.bytes) == expected)
        let unprotect = try line("unprotect", me: "52", file.request.protected).with(["direction": "request"])
        let workbench = Workbench(remembersByDefault: true)
        for _ in 0..<2 {
            let answer = workbench.answer(unprotect.bytes)
            #expect(answer["message"] == .text(file.request.unprotected))
            #expect(answer["kid"] == .text(file.setup.deterministicClientSenderId))
            #expect(answer["mode"] == "deterministic")
            #expect(answer["partial_iv"] == .integer(0))
        }
        #expect(workbench.answer(unprotect.with(["mode": "group"]).bytes)["error"] == "mode")
    }

    @Test func responseIsThatOfTheDraftInBothDirections() throws {
        let protect = try line("protect", me: "52", file.response.unprotected)
            .with(["direction": "response", "mode": "group", "request": answered, "partial_iv": "00"])
        let expected: JSONObject = ["ok": .bool(true), "message": .text(file.response.protected)]
        #expect(Workbench().answer(protect.bytes) == expected)
        #expect(Workbench().answer(protect.with(["partial_iv": nil]).bytes)["error"] == "field")
        #expect(Workbench().answer(protect.with(["mode": "pairwise"]).bytes)["error"] == "mode")
        #expect(Workbench().answer(protect.with("request.request_hash", nil).bytes)["error"] == "field")
        let unprotect = try line("unprotect", me: "25", file.response.protected)
            .with(["direction": "response", "request": answered])
        let answer = Workbench().answer(unprotect.bytes)
        #expect(answer["message"] == .text(file.response.unprotected))
        #expect(answer["kid"] == .text(file.setup.serverSenderId))
        let other = unprotect.with("request.request_hash", .text(String(repeating: "00", count: 32)))
        #expect(Workbench().answer(other.bytes)["error"] == "signature")
    }

    @Test func methodThatChangesSomethingIsNotSent() throws {
        let post = try line("protect", me: "25", "5202abcd7b5cff00").with([
            "direction": "request", "mode": "deterministic",
        ])
        #expect(Workbench().answer(post.bytes)["error"] == "unsupported")
        let without = post.with("context.deterministic_client", nil)
        #expect(Workbench().answer(without.with(["message": "5201abcd7b5c"]).bytes)["error"] == "mode")
    }
}
