import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// The deterministic exchanges of the vector files as lines. Both are of suite A of the group vectors.
struct DeterministicVectors {
    struct Exchange: Decodable {
        var request: [String: String]
        let response: [String: String]
    }
    private struct Draft: Decodable {
        let setup, request, response: [String: String]
    }
    private struct Generated: Decodable {
        struct Part: Decodable {
            let senderKey: String
            let request, response: [String: String]

            enum CodingKeys: String, CodingKey {
                case senderKey = "deterministic_client_sender_key"
                case request, response
            }
        }
        let deterministic: Part
    }

    let setup: [String: String]
    /// What draft-ietf-core-cacheable-oscore publishes.
    let draft: Exchange
    let generated: Exchange

    init() throws {
        let draft: Draft = try VectorFile.load("cacheable-oscore-draft")
        let generated = try VectorFile.load("group-oscore-generated", as: Generated.self).deterministic
        setup = draft.setup
        self.draft = Exchange(request: draft.request, response: draft.response)
        self.generated = Exchange(
            request: generated.request.merging(["deterministic_client_sender_key": generated.senderKey]) { old, _ in
                old
            }, response: generated.response)
    }

    var client: String { setup["deterministic_client_sender_id"] ?? "" }

    /// The client is a member of the group vectors: the draft says nothing of it.
    func line(_ operation: String, me: String, _ message: String) throws -> JSONObject {
        let client = try #require(GroupVectorFile.load().group.members.first { $0.senderId == "25" })
        let text = { (name: String) -> JSONValue in .text(setup[name] ?? "") }
        let members: [JSONObject] = [
            ["id": "25", "cred": .text(client.authCred), "private_key": .text(client.ed25519Seed)],
            [
                "id": text("server_sender_id"), "cred": text("server_auth_cred"),
                "private_key": text("server_private_key"),
            ],
        ]
        let context: JSONObject = [
            "gid": text("id_context"), "master_secret": text("master_secret"), "master_salt": text("master_salt"),
            "gm_cred": text("gm_cred"), "deterministic_client": text("deterministic_client_sender_id"),
            "algs": .object([
                "hkdf": .integer(5), "group_enc": .integer(10), "aead": .integer(10), "sign": .integer(-8),
                "key_agreement": .integer(-27),
            ]), "members": .array(members.map { .object($0) }),
        ]
        return ["op": .text(operation), "context": .object(context), "me": .text(me), "message": .text(message)]
    }

    /// A line that protects a request of member 25.
    func protectRequest(_ message: String) throws -> JSONObject {
        try line("protect", me: "25", message).with(["direction": "request", "mode": "deterministic"])
    }

    /// A line that unprotects a request at member 52.
    func unprotectRequest(_ message: String) throws -> JSONObject {
        try line("unprotect", me: "52", message).with(["direction": "request"])
    }

    /// A line that protects the response of member 52.
    func protectResponse(_ message: String, partialIV: String) throws -> JSONObject {
        try line("protect", me: "52", message)
            .with(["direction": "response", "mode": "group", "request": answered, "partial_iv": .text(partialIV)])
    }

    /// A line that unprotects a response at member 25.
    func unprotectResponse(_ message: String) throws -> JSONObject {
        try line("unprotect", me: "25", message).with(["direction": "response", "request": answered])
    }

    /// The request that responses answer; both files have the same.
    var answered: JSONValue {
        .object([
            "kid": .text(client), "mode": "deterministic",
            "request_hash": .text(draft.request["request_hash_option_value"] ?? ""),
        ])
    }

    /// The plain messages of both files, as lines that protect them, with what the files say of each.
    func protectLines() throws -> [(line: JSONObject, isRequest: Bool, values: [String: String])] {
        try [draft, generated].flatMap { exchange in
            let plain = { (values: [String: String]) throws -> String in
                try values["unprotected"] ?? Self.datagram(#require(values["plaintext"]))
            }
            return try [
                (protectRequest(plain(exchange.request)), true, exchange.request),
                (
                    protectResponse(plain(exchange.response), partialIV: exchange.response["partial_iv"] ?? ""), false,
                    exchange.response
                ),
            ]
        }
    }

    /// The line that unprotects what such a line protects.
    func unprotectLine(of line: JSONObject, isRequest: Bool) throws -> JSONObject {
        let message = try #require(Workbench().answer(line.bytes)["message"]?.textValue)
        return try isRequest ? unprotectRequest(message) : unprotectResponse(message)
    }

    /// Type NON, a Token and a Message ID around the Code and the rest of a plaintext.
    private static func datagram(_ plaintext: String) -> String {
        "52" + plaintext.prefix(2) + "abcd7b5c" + plaintext.dropFirst(2)
    }
}
