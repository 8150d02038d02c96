import Foundation
import TestSupport
import Testing

/// The quick start of the README, as it stands there.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct QuickStartProcessTests {
    @Test func quickStartWorksLineByLine() throws {
        let gosc = try GoscProgram()
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let readme = try String(contentsOf: root.appending(path: "README.md"), encoding: .utf8)
        let block = try #require(readme.firstMatch(of: #/<!-- quick start[^\n]*-->\n```sh\n((?s:.*?))```/#)).output.1
        #expect(block.split(separator: "\n").filter { $0.hasPrefix("gosc ") }.count >= 10)

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
        #expect(text.contains("1 of 1 responder of demo-lights did it"), "\(text)")
        #expect(text.contains(#/\nlamp-1 +00 +2\.04 .* on\n/#), "\(text)")
        #expect(!FileManager.default.fileExists(atPath: gosc.folder.appending(path: "gosc-try").path))
    }
}
