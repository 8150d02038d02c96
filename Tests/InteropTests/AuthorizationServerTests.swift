import Bytes
import CryptoPrimitives
import Foundation
import TestSupport
import Testing

/// An authorization server and its clients that have nothing of gosc in them join a group of gosc's manager: tokens,
/// association, proofs of possession and roster as cbor2, cryptography and aiocoap read them.
@Suite(.aiocoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct AuthorizationServerProcessTests {
    /// A line of the client.
    private struct Step: Decodable, Equatable {
        let step: String
        let code: String
        var error: Int?
        var location: [String]?
        var sender_id: String?
        var sender_ids: [String]?
        var own: Bool?
        var secret_length: Int?
    }

    /// A manager with one group that takes the tokens of two servers.
    private final class Site {
        let folder: URL
        let sharedKey = "a0a1a2a3a4a5a6a7a8a9aaabacadaeaf"
        /// Of the server that signs.
        let signingKey = String(repeating: "5a", count: 32)
        let managerKey: String
        private let manager: Program

        init() throws {
            folder = FileManager.default.temporaryDirectory.appending(path: "gosc-as-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            let group = Surroundings.checkout.appending(path: "groups/demo-lights.yaml").path
            _ = try Self.gosc(folder, ["init", "--group", group])
            let key = try Self.gosc(folder, ["token-key"])
            managerKey = String(try #require(key.firstMatch(of: #/public key +([0-9a-f]{64})/#)?.1))

            let secret = folder.appending(path: "campus.key")
            try Data(sharedKey.utf8).write(to: secret)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: secret.path)
            let seed = try #require(Hex.decode(signingKey))
            let publicKey = Hex.encode(try Ed25519PrivateKey(seed: seed.span).publicKey.bytes)
            try Data("issuer: campus\nshared-key-file: campus.key\n".utf8).write(to: folder.appending(path: "campus"))
            try Data("issuer: maker\npublic-key: 'ed25519:\(publicKey)'\n".utf8)
                .write(to: folder.appending(path: "maker"))
            manager = try Program(
                Self.command(["run"], folder)
                    + ["--authorization-server", folder.appending(path: "campus").path]
                    + ["--authorization-server", folder.appending(path: "maker").path], ready: "manager listens")
        }

        deinit {
            manager.stop()
            try? FileManager.default.removeItem(at: folder)
        }

        var log: String { manager.output }

        /// Members as the manager lists them.
        func members() throws -> String {
            let (status, output) = try Program(
                ["env", "XDG_STATE_HOME=\(folder.path)", "XDG_CONFIG_HOME=\(folder.path)", Surroundings.gosc]
                    + ["member", "list", "demo-lights"]
            ).end()
            try #require(status == 0, "\(output)")
            return output
        }

        private static func command(_ words: [String], _ folder: URL) -> [String] {
            ["env", "XDG_STATE_HOME=\(folder.path)", "XDG_CONFIG_HOME=\(folder.path)", Surroundings.gosc, "manager"]
                + words
        }

        private static func gosc(_ folder: URL, _ words: [String]) throws -> String {
            let (status, output) = try Program(command(words, folder)).end()
            try #require(status == 0, "gosc manager \(words): \(output)")
            return output
        }

        /// What a client of the server with the shared key meets.
        func campus(_ subject: String, _ options: String...) throws -> [Step] {
            try play(4, ["--issuer", "campus", "--subject", subject, "--shared-key", sharedKey] + options)
        }

        /// What a client of the server that signs meets.
        func maker(_ subject: String, _ options: String...) throws -> [Step] {
            try play(
                2,
                ["--issuer", "maker", "--subject", subject, "--signing-key", signingKey, "--manager-key", managerKey]
                    + options)
        }

        func play(_ roles: Int, _ options: [String]) throws -> [Step] {
            let (status, output) = try Program(
                [Surroundings.python, try Surroundings.peer("ace_client.py"), "[::1]:5683", "demo-lights", "\(roles)"]
                    + options
            ).end()
            let lines = output.split(separator: "\n").filter { $0.hasPrefix("{") }
            let steps = try lines.map { try JSONDecoder().decode(Step.self, from: Data($0.utf8)) }
            let last = try #require(steps.last, "\(output)")
            try #require(last.code.hasPrefix("2.") == (status == 0), "\(output)")
            return steps
        }
    }

    @Test(.requirement("GM-0034", "GM-0036", "GM-0131", "GM-0144"))
    func clientsOfTwoServersJoinAndLeave() throws {
        let site = try Site()
        #expect(
            try site.campus("lamp-9") == [
                Step(step: "upload", code: "2.01"),
                Step(
                    step: "join", code: "2.01", location: ["ace-group", "demo-lights", "nodes", "lamp-9"],
                    sender_id: "00", secret_length: 16),
                Step(step: "creds", code: "2.05", sender_ids: ["00"], own: true),
            ])
        #expect(
            try site.maker("panel", "--leave") == [
                Step(step: "upload", code: "2.01"),
                Step(
                    step: "join", code: "2.01", location: ["ace-group", "demo-lights", "nodes", "panel"],
                    sender_id: "01", secret_length: 16),
                Step(step: "creds", code: "2.05", sender_ids: ["00", "01"], own: true),
                Step(step: "leave", code: "2.02"),
            ])
        let members = try site.members()
        #expect(members.contains("lamp-9") && !members.contains("panel"), "\(members)")
        #expect(!site.log.contains(site.sharedKey))
    }

    @Test func whatIsWrongWithATokenIsTold() throws {
        let site = try Site()
        let refusedUpload = { (code: String) in [Step(step: "upload", code: code)] }
        #expect(try site.maker("panel", "--bare") == refusedUpload("4.01"))
        #expect(try site.campus("lamp-9", "--audience", "other") == refusedUpload("4.03"))
        #expect(try site.campus("lamp-9", "--expires", "-5") == refusedUpload("4.01"))
        let other = String(repeating: "00", count: 16)
        #expect(
            try site.play(4, ["--issuer", "campus", "--subject", "x", "--shared-key", other]) == refusedUpload("4.01"))
        // Each server speaks for itself alone.
        #expect(
            try site.play(4, ["--issuer", "maker", "--subject", "x", "--shared-key", site.sharedKey])
                == refusedUpload("4.01"))
        let uploaded = Step(step: "upload", code: "2.01")
        #expect(
            try site.campus("lamp-9", "--wrong-proof") == [uploaded, Step(step: "join", code: "4.00", error: 3)])
        #expect(
            try site.campus("lamp-9", "--scope-group", "elsewhere") == [uploaded, Step(step: "join", code: "4.03")])
        #expect(try !site.members().contains("joined"))
    }
}
