import Foundation
import TestSupport
import Testing

/// The session of `docs/laboratory.md`, as it stands there.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct LaboratoryPageProcessTests {
    @Test func sessionWorksLineByLine() throws {
        let gosc = try GoscProgram()
        let root = Laboratory.contexts.deletingLastPathComponent().deletingLastPathComponent()
        let page = try String(contentsOf: root.appending(path: "docs/laboratory.md"), encoding: .utf8)
        let block = try #require(page.firstMatch(of: #/<!-- session[^\n]*-->\n```sh\n((?s:.*?))```/#)).output.1
        #expect(block.split(separator: "\n").count { $0.hasPrefix("gosc ") } == 18)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        // Any line that fails ends it; each is shown before it runs.
        process.arguments = ["-euxc", String(block)]
        process.currentDirectoryURL = root
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
        // The child leads a process group of its own; what a failure leaves running goes with it.
        defer { kill(-process.processIdentifier, SIGKILL) }
        process.waitUntilExit()

        let text = try String(contentsOf: report, encoding: .utf8)
        #expect(process.terminationStatus == 0, "\(text)")
        for row in [
            #/\n25 +pairwise +\[::1\]:5683 +2\.05 .* Hello World!\n/#,
            #/\n52 +pairwise +\[::1\]:5690 +2\.05 .* Hello World!\n/#,
            #/"mode":"group","payload":"on","sender_id":"25"/#, #/"mode":"pairwise","payload":"on","sender_id":"52"/#,
            #/\n25 +pairwise +\[::1\]:5683 +2\.05 .* on\n/#, #/\n52 +pairwise +\[::1\]:5690 +2\.05 .* on\n/#,
            #/\n52 +pairwise +\[::1\]:5690 +2\.04 .* only for you\n/#, #/\nHello World!\n/#, #/\noff\n/#,
        ] as [Regex<Substring>] {
            #expect(text.contains(row), "\(text)")
        }
        #expect(!FileManager.default.fileExists(atPath: gosc.folder.appending(path: "gosc-lab").path))
    }
}
