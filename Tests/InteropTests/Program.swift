import Foundation
import Testing

/// A program of somebody else, or `gosc-plugtest`, that runs until it is stopped or by itself.
final class Program: Sendable {
    private let process = Process()
    private let log: URL

    /// Starts it.
    ///
    /// - Parameters:
    ///   - sign: What it prints when it can be used; returns once it has.
    ///   - additions: What its environment has besides.
    init(_ command: [String], ready sign: String? = nil, environment additions: [String: String] = [:]) throws {
        log = FileManager.default.temporaryDirectory.appending(path: "gosc-interop-\(UUID().uuidString).log")
        try Data().write(to: log)
        let handle = try FileHandle(forWritingTo: log)
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = command
        process.environment = [
            "PATH": Surroundings.path, "HOME": FileManager.default.temporaryDirectory.path, "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
        ].merging(additions) { $1 }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        if let sign { try wait(for: sign) }
    }

    deinit {
        stop()
        try? FileManager.default.removeItem(at: log)
    }

    /// All that it has printed.
    var output: String { (try? String(contentsOf: log, encoding: .utf8)) ?? "" }

    /// Waits until it has printed something.
    func wait(for sign: String, seconds: Double = 20) throws {
        let limit = Date(timeIntervalSinceNow: seconds)
        while !output.contains(sign) {
            try #require(process.isRunning, "it has ended without \"\(sign)\": \(output.suffix(2000))")
            try #require(Date() < limit, "it has not printed \"\(sign)\": \(output.suffix(2000))")
            usleep(5000)
        }
    }

    /// Ends it at once. Not by SIGTERM: a process inherits which signals are blocked, and threads of Swift block that one.
    func stop() {
        while process.isRunning {
            kill(process.processIdentifier, SIGKILL)
            usleep(2000)
        }
    }

    /// Waits until it ends by itself.
    ///
    /// - Returns: The exit status, and what it printed.
    func end(within seconds: Double = 60) throws -> (status: Int32, output: String) {
        let limit = Date(timeIntervalSinceNow: seconds)
        while process.isRunning {
            try #require(Date() < limit, "it does not end: \(output.suffix(2000))")
            usleep(5000)
        }
        return (process.terminationStatus, output)
    }

    /// Runs a program to its end.
    ///
    /// - Returns: What it printed.
    static func run(_ command: String...) throws -> String {
        try Program(command).end().output
    }

    /// `gosc-plugtest`, ready, at every address and in the groups "All CoAP Nodes" on `lo`.
    static func plugtestServer(_ options: String...) throws -> Program {
        try Program(
            [Surroundings.plugtestServer, "--multicast", "lo", "--interval", "500"] + options, ready: "serves at")
    }
}
