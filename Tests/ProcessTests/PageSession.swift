import Foundation
import Testing

/// Shell lines of a page, run as they stand there.
struct PageSession {
    /// The top of the checkout.
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// The lines.
    let lines: [Substring]
    /// What they printed, each line before its output.
    let text: String
    let exitCode: Int32

    /// Runs the lines behind the comment `<!-- mark … -->` of a page with one shell, to the end or to the first that fails.
    ///
    /// - Parameter folder: Where; the top of the checkout if nothing is said.
    init(_ page: String, _ mark: String, in folder: URL = root, with gosc: GoscProgram) throws {
        let content = try String(contentsOf: Self.root.appending(path: page), encoding: .utf8)
        let block = try #require(content.firstMatch(of: try Regex("<!-- \(mark)[^\n]*-->\n```sh\n((?s:.*?))```")))
        let script = try #require(block[1].substring)
        lines = script.split(separator: "\n")
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euxc", String(script)]
        process.currentDirectoryURL = folder
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
        text = try String(contentsOf: report, encoding: .utf8)
        exitCode = process.terminationStatus
    }
}
