import Foundation
import Testing

/// One run of `gosc demo`, with a temporary directory of its own.
final class DemoRun {
    /// The part of the document that these tests look at.
    struct Report: Decodable {
        struct Setting: Decodable {
            let place: String
            let lamps: Int
        }
        struct Act: Decodable {
            struct Check: Decodable {
                let what: String
                let expected: String
                let seen: String
                let holds: Bool
            }
            let name: String
            let passed: Bool
            let checks: [Check]
        }
        struct Message: Decodable {
            let message: String
            let plain: Int
            let protected: Int
            let added: Int
        }
        let passed: Bool
        let setting: Setting
        let acts: [Act]
        let messages: [Message]

        var failedActs: [String] { acts.filter { !$0.passed }.map(\.name) }
        /// What was not as expected, for a test that fails.
        var differences: String {
            acts.flatMap(\.checks).filter { !$0.holds }
                .map { "\($0.what): expected \($0.expected), saw \($0.seen)" }.joined(separator: "; ")
        }
    }

    /// Where the demo may write.
    let folder: URL
    private let process = Process()
    private let output: URL
    private let errors: URL

    /// Starts the built command that lies beside the test program.
    init(_ arguments: [String], guardOff: String? = nil) throws {
        let folders = FileManager.default
        let base = folders.temporaryDirectory.appending(path: "gosc-demo-test-\(UUID().uuidString)")
        folder = base.appending(path: "tmp")
        try folders.createDirectory(at: folder, withIntermediateDirectories: true)
        output = base.appending(path: "output")
        errors = base.appending(path: "errors")
        for file in [output, errors] { _ = folders.createFile(atPath: file.path, contents: nil) }
        process.executableURL = GoscProgram.url
        process.arguments = ["demo"] + arguments
        var environment = ProcessInfo.processInfo.environment
        environment["TMPDIR"] = folder.path
        environment["GOSC_GUARDS_OFF"] = guardOff
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        try? FileManager.default.removeItem(at: folder.deletingLastPathComponent())
    }

    var identifier: pid_t { process.processIdentifier }

    /// Waits for the end.
    func exitCode() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    }

    /// The document of `--output json`.
    func report() throws -> Report {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let data = try Data(contentsOf: output)
        try #require(!data.isEmpty, "no document; \(errorText)")
        return try decoder.decode(Report.self, from: data)
    }

    var errorText: String { (try? String(contentsOf: errors, encoding: .utf8)) ?? "" }
    var outputText: String { (try? String(contentsOf: output, encoding: .utf8)) ?? "" }

    /// What is left in the directory that the demo may write to.
    var leftovers: [String] { (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? [] }
}

/// What this host permits, asked once. The reasons are printed where a test is skipped.
enum DemoHostPermissions {
    static let namespaces: Bool = succeeds(
        [
            "unshare", "--user", "--map-root-user", "--net", "--pid", "--mount", "--mount-proc", "--fork",
            "--kill-child", "sh", "-c", "ip link set lo up multicast on && mount -t tmpfs tmpfs /mnt",
        ])
    static let namespacesReason: Comment = "needs user, network, PID and mount namespaces, which are not permitted here"

    /// An interface other than loopback that routes IPv6 multicast.
    static let multicast: Bool = succeeds(
        ["sh", "-c", "ip -6 route show table local | grep '^multicast ff00::/8 dev ' | grep -qv ' dev lo '"])
    static let multicastReason: Comment = "needs an interface beside lo that can multicast over IPv6"

    private static func succeeds(_ words: [String]) -> Bool {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
