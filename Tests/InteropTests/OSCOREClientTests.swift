import Foundation
import TestSupport
import Testing

/// The OSCORE interoperability tests, specification 5, with aiocoap's plugtest client at our server.
@Suite(.aiocoapPresent, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(3)))
struct OSCOREClientProcessTests {
    @Test func plugtestClientPassesEveryTest() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let contexts = try PlugtestContexts(["a", "c"])
        for test in Array(0...15) + [17] {
            try play(test, contexts)
        }
    }

    /// Test 16 is about a server that knows nothing of OSCORE.
    @Test func serverWithoutOSCOREReportsABadOption() throws {
        let server = try Program.plugtestServer("--oscore-context", "none")
        defer { server.stop() }
        let output = try play(16, PlugtestContexts(["a", "c"]))
        #expect(output.contains("Passed: Server reported bad option."), "\(output)")
    }

    /// A client with another Master Secret passes no test: its words are not taken for what they are not.
    @Test func wrongKeyIsNoticed() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let contexts = try PlugtestContexts(["a", "c"], secret: String(repeating: "ff", count: 16))
        let (_, output) = try run(1, contexts)
        #expect(!Self.isPassed(output))
        #expect(output.contains("4.00 Bad Request"), "\(output)")
    }

    /// Blocks within OSCORE, which the specification leaves out.
    @Test func bodyOf64KiBPassesProtected() throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let contexts = try PlugtestContexts(["a"])
        let answers = try AiocoapClient.play(
            AiocoapClient.Request(
                method: "GET", uri: "coap://[::1]/oscore/large", oscore: contexts.folder.appending(path: "a").path))
        #expect(answers.map(\.code) == ["2.05"])
        #expect(answers.first?.sha256 == Pattern.digestOf64KiB)

    }

    @discardableResult
    private func play(_ test: Int, _ contexts: PlugtestContexts) throws -> String {
        let (status, output) = try run(test, contexts)
        #expect(status == 0 && Self.isPassed(output), "test \(test): \(output.suffix(3000))")
        return output
    }

    private func run(_ test: Int, _ contexts: PlugtestContexts) throws -> (status: Int32, output: String) {
        let program = Surroundings.environment.appending(path: "oscore-plugtest/plugtest-client").path
        return try Program([Surroundings.python, program, "[::1]", contexts.folder.path, "\(test)"]).end()
    }

    /// At least one check passed, and no line tells of a failure. The texts of two codes contain such words.
    private static func isPassed(_ output: String) -> Bool {
        let lines = output.replacing("Precondition Failed", with: "").replacing("Internal Server Error", with: "")
            .split(separator: "\n")
        let passes = lines.filter { $0.contains("passed") || $0.hasPrefix("Passed") }
        let failures = lines.filter { line in
            !line.hasPrefix("Check passed: ")
                && ["fail", "dubious", "traceback", "error"].contains { line.lowercased().contains($0) }
        }
        return !passes.isEmpty && failures.isEmpty
    }
}

/// A folder with OSCORE contexts in aiocoap's form, as the test specification has them.
final class PlugtestContexts: Sendable {
    let folder = FileManager.default.temporaryDirectory.appending(path: "gosc-contexts-\(UUID().uuidString)")

    /// - Parameters:
    ///   - names: `a` and `c` for a client, `b` and `d` for a server.
    ///   - secret: The Master Secret; that of the specification without it.
    init(_ names: [String], secret: String = "0102030405060708090a0b0c0d0e0f10") throws {
        for name in names {
            let place = folder.appending(path: name)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            try Data(#"{"secret_hex": "\#(secret)", "salt_hex": "9e7ca92223786340"}"#.utf8)
                .write(to: place.appending(path: "secret.json"))
            let isClient = name == "a" || name == "c"
            let identifiers = isClient ? ("", "01") : ("01", "")
            let idContext = name == "c" || name == "d" ? #", "id-context_hex": "37cbf3210017a2d3""# : ""
            let settings = """
                {"algorithm": "AES-CCM-16-64-128", "sender-id_hex": "\(identifiers.0)",
                 "recipient-id_hex": "\(identifiers.1)"\(idContext)}
                """
            try Data(settings.utf8).write(to: place.appending(path: "settings.json"))
        }
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }
}
