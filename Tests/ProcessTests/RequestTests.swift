import Foundation
import TestSupport
import Testing

/// `gosc get` and its like, as processes, at `gosc-plugtest`.
@Suite(.serialized, .namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct RequestProcessTests {
    private let gosc: GoscProgram
    private let server = Process()

    init() throws {
        gosc = try GoscProgram()
        server.executableURL = GoscProgram.url.deletingLastPathComponent().appending(path: "gosc-plugtest")
        server.arguments = ["--multicast", "lo", "--interval", "300"]
        let ready = Pipe()
        server.standardOutput = ready
        server.standardError = ready
        server.standardInput = FileHandle.nullDevice
        try server.run()
        var said = ""
        while !said.contains("serves at") {
            let bytes = ready.fileHandleForReading.availableData
            try #require(!bytes.isEmpty, "gosc-plugtest has ended: \(said)")
            said += String(decoding: bytes, as: UTF8.self)
        }
        // What it says later must not block it.
        ready.fileHandleForReading.readabilityHandler = { _ = $0.availableData }
    }

    private func stop() {
        while server.isRunning {
            kill(server.processIdentifier, SIGKILL)
            usleep(2000)
        }
    }

    @Test func linesOfThePageWork() throws {
        defer { stop() }
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/requests.md"), encoding: .utf8)
        let block = try #require(page.firstMatch(of: #/<!-- examples[^\n]*-->\n```sh\n((?s:.*?))```/#)).output.1
        let lines = block.split(separator: "\n")
        #expect(lines.count == 14)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euxc", String(block)]
        process.currentDirectoryURL = gosc.folder
        process.environment = [
            "HOME": gosc.folder.path,
            "PATH": GoscProgram.url.deletingLastPathComponent().path + ":/usr/sbin:/usr/bin:/sbin:/bin",
        ]
        let report = try gosc.file("report")
        let output = try FileHandle(forWritingTo: report)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOf: report, encoding: .utf8)
        #expect(process.terminationStatus == 0, "\(text)")
        #expect(text.contains("Hello from gosc\n"), "\(text)")
        #expect(text.contains("first=1\nsecond=2\n"), "\(text)")
        #expect(text.contains("2.04 Changed"), "\(text)")
        #expect(text.contains("2.01 Created, location /location1/location2/location3"), "\(text)")
        #expect(text.contains("2.02 Deleted"), "\(text)")
        #expect(text.contains("\"code\" : \"2.05\""), "\(text)")
        #expect(text.contains("\"content_format\" : \"text/plain\""), "\(text)")
        #expect(text.contains("/link1"), "\(text)")
        let large = try Data(contentsOf: gosc.folder.appending(path: "large.txt"))
        #expect(large.count > 1024)
    }

    /// Exit codes and what is said, command by command.
    @Test func failuresSayWhatIsWrong() throws {
        defer { stop() }
        for (arguments, exitCode, message) in Self.failures {
            let result = try gosc.run(arguments)
            #expect(result.exitCode == exitCode, "\(arguments): \(result)")
            #expect(result.errors.contains(message), "\(arguments): \(result)")
        }
    }

    private static let failures: [([String], Int32, String)] = [
        (["get", "coap://[::1]/nowhere"], 1, "coap://[::1]/nowhere: 4.04 Not Found"),
        (["get", "coap://[::1]/multi-format", "--accept", "50"], 1, "4.06 Not Acceptable"),
        (["get", "http://[::1]/"], 65, "is no CoAP URI"),
        (["get", "coaps://[::1]/"], 65, "DTLS is not supported"),
        (["get", "coap://nowhere.invalid/"], 69, "the host nowhere.invalid has no address"),
        (["get", "coap://[::1]:9/", "--timeout", "1s"], 69, "no answer from coap://[::1]:9/"),
        (["get", "coap://[fe80::1]/"], 65, "is valid on one link only"),
        (["get", "coap://[fe80::1%25nowhere]/"], 65, "this host has no interface nowhere"),
        (["get", "coap://[ff0e::fd%25lo]/test"], 65, "reaches"),
        (["get", "coap://[ff02::fd%25lo]/nowhere", "--timeout", "6s"], 1, "nobody answered"),
        (["put", "coap://[::1]/test", "-e", "x", "-f", "y"], 64, "Give one of --payload and --payload-file"),
        (["get", "coap://[ff02::fd%25lo]/test", "-o", "x"], 64, "--output-file takes one body"),
        (["put", "coap://[::1]/test", "-f", "missing"], 65, "cannot read payload file missing"),
        (["put", "coap://[::1]/validate", "-e", "x", "--if-match", "0102"], 1, "4.12 Precondition Failed"),
        (["get", "coap://[::1]/test", "--block-size", "100"], 64, "block-size"),
        (["get", "coap://[::1]/test", "-O", "2051,x"], 1, "4.02 Bad Option"),
    ]
}
