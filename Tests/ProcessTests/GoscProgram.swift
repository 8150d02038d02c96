import Foundation
import Glibc
import Testing

/// The built command, and a folder of its own where it keeps everything.
final class GoscProgram: Sendable {
    /// How one run ended.
    struct Outcome: Sendable {
        let exitCode: Int32
        let output: String
        let errors: String
    }

    /// Beside the test program.
    static let url: URL = {
        let tests = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: tests).deletingLastPathComponent().appending(path: "gosc")
    }()

    let folder: URL

    init() throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gosc-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(at: folder)
    }

    /// Runs the command to its end.
    ///
    /// - Parameter wrapper: A program that runs the command, with its first arguments.
    func run(_ arguments: [String], input: String = "", behind wrapper: [String] = []) throws -> Outcome {
        let process = try process(arguments, input: input, behind: wrapper)
        let (output, errors) = (try file("output"), try file("errors"))
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        process.waitUntilExit()
        defer { [output, errors].forEach { try? FileManager.default.removeItem(at: $0) } }
        return Outcome(
            exitCode: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: try String(contentsOf: output, encoding: .utf8),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// Runs the command to its end, which has to be a good one.
    ///
    /// - Parameter words: The arguments, with blanks between them.
    @discardableResult
    func succeed(_ words: String) throws -> Outcome {
        let outcome = try run(words.split(separator: " ").map(String.init))
        try #require(outcome.exitCode == 0, "gosc \(words): \(outcome.errors)")
        return outcome
    }

    /// Runs the command to its end, and does something to it when its first output is there.
    func run(_ arguments: [String], atFirstOutput act: (pid_t) throws -> Void) throws -> Outcome {
        let process = try process(arguments, input: "")
        let (output, errors) = (Pipe(), try file("errors"))
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        let first = output.fileHandleForReading.availableData
        try act(process.processIdentifier)
        let rest = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        defer { try? FileManager.default.removeItem(at: errors) }
        return Outcome(
            exitCode: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: String(decoding: first + rest, as: UTF8.self),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// Runs a command that has no end, and interrupts it once its output has a text.
    ///
    /// - Parameter act: Done when its first output is there.
    func run(
        _ arguments: [String], interruptedBehind text: String, afterFirstOutput act: () throws -> Void
    ) throws -> Outcome {
        let process = try process(arguments, input: "")
        let (output, errors) = (Pipe(), try file("errors"))
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        var all = output.fileHandleForReading.availableData
        try act()
        while !String(decoding: all, as: UTF8.self).contains(text) {
            let more = output.fileHandleForReading.availableData
            if more.isEmpty { break }
            all += more
        }
        kill(process.processIdentifier, SIGINT)
        all += output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        defer { try? FileManager.default.removeItem(at: errors) }
        return Outcome(
            exitCode: process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus,
            output: String(decoding: all, as: UTF8.self), errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// Runs the command to its end, with a terminal as its standard output.
    ///
    /// - Parameters:
    ///   - columns: How wide the terminal is.
    ///   - additions: What the environment has besides.
    func run(_ arguments: [String], onTerminalOf columns: UInt16, environment additions: [String: String]) throws
        -> Outcome
    {
        var size = winsize(ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0)
        var (terminal, side) = (Int32(-1), Int32(-1))
        guard openpty(&terminal, &side, nil, nil, &size) == 0 else { throw CocoaError(.fileReadUnknown) }
        defer { close(terminal) }
        let process = try process(arguments, input: "")
        let errors = try file("errors")
        process.environment?.merge(additions) { $1 }
        process.standardOutput = FileHandle(fileDescriptor: side, closeOnDealloc: false)
        process.standardError = try FileHandle(forWritingTo: errors)
        try process.run()
        close(side)
        // The end is an error, EIO: nobody has the other side any more.
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(terminal, &buffer, buffer.count), count > 0 { output += buffer[..<count] }
        process.waitUntilExit()
        return Outcome(
            exitCode: process.terminationStatus,
            output: String(decoding: output, as: UTF8.self).replacing("\r\n", with: "\n"),
            errors: try String(contentsOf: errors, encoding: .utf8))
    }

    /// Starts the command and lets it run; ``Service/stop()`` ends it.
    ///
    /// - Parameters:
    ///   - log: Where its standard error goes; `nil` for nowhere.
    ///   - wrapper: A program that becomes the command, with its first arguments.
    func start(_ arguments: [String], log: URL? = nil, behind wrapper: [String] = []) throws -> Service {
        let process = try process(arguments, input: "", behind: wrapper)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = try log.map { try FileHandle(forWritingTo: $0) } ?? FileHandle.nullDevice
        try process.run()
        return Service(process: process)
    }

    /// A process of the command that keeps running.
    struct Service {
        fileprivate let process: Process

        var pid: pid_t { process.processIdentifier }

        /// Ends it as a power failure does.
        func kill() {
            Glibc.kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
        }

        /// - Returns: The exit code after SIGTERM.
        @discardableResult
        func stop() -> Int32 {
            process.terminate()
            process.waitUntilExit()
            return process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        }

        /// For a process that is not sure to end: it is killed when it has not done so in a while.
        ///
        /// - Parameter isAsked: Whether it is sent SIGTERM first.
        /// - Returns: The exit code; 128 + 9 if it had to be killed.
        func end(isAsked: Bool) -> Int32 {
            if isAsked { process.terminate() }
            for _ in 0..<400 where process.isRunning { usleep(50_000) }
            if process.isRunning { Glibc.kill(process.processIdentifier, SIGKILL) }
            return stop()
        }
    }

    private func process(_ arguments: [String], input: String, behind wrapper: [String] = []) throws -> Process {
        let process = Process()
        process.executableURL = wrapper.isEmpty ? Self.url : URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = wrapper.isEmpty ? arguments : wrapper + [Self.url.path] + arguments
        process.currentDirectoryURL = folder
        process.environment = [
            "HOME": folder.path, "XDG_STATE_HOME": folder.path, "XDG_CONFIG_HOME": folder.path,
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "",
        ]
        let source = try file("input")
        try Data(input.utf8).write(to: source)
        process.standardInput = try FileHandle(forReadingFrom: source)
        try FileManager.default.removeItem(at: source)
        return process
    }

    /// A new file that nothing else uses.
    func file(_ name: String) throws -> URL {
        let file = folder.appending(path: ".\(name)-\(UUID().uuidString)")
        guard FileManager.default.createFile(atPath: file.path, contents: nil) else {
            throw CocoaError(.fileWriteUnknown)
        }
        return file
    }
}
