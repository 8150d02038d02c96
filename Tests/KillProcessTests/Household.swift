import Foundation
import ServiceShell
import Testing

/// A manager and nodes as processes of the built `gosc`, on `lo`, with their state in one temporary folder.
final class Household {
    let folder: URL
    private var processes: [String: Process] = [:]
    /// Where the manager listens.
    var managerAddress = "::1"
    /// The interface of nodes.
    var interface = "lo"
    /// Nodes that live in a network namespace of their own, by name: a process that is in it.
    var places: [String: pid_t] = [:]
    /// Sees each line that a node prints, and when; called on a thread of the node's.
    var lineObserver: (@Sendable (_ name: String, _ line: Substring, _ time: ContinuousClock.Instant) -> Void)?
    /// What the manager's environment has besides that of all.
    var managerEnvironment: [String: String] = [:]

    init() throws {
        folder = URL.temporaryDirectory.appending(path: "gosc-kill-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    }

    /// The command beside the test program, of the same build, or the one that `GOSC_PROGRAM` names.
    static let gosc: URL = {
        if let path = ProcessInfo.processInfo.environment["GOSC_PROGRAM"] { return URL(filePath: path) }
        let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return program.deletingLastPathComponent().appending(path: "gosc")
    }()

    func path(_ name: String) -> String { folder.appending(path: name).path }

    /// Runs a command to its end and returns what it printed.
    @discardableResult
    func run(_ arguments: String...) throws -> String { try run(arguments) }

    /// Runs a command to its end and returns what it printed.
    @discardableResult
    func run(_ arguments: [String]) throws -> String { try run(process(arguments)) }

    /// Runs a command where a node lives.
    @discardableResult
    func run(at name: String, _ arguments: String...) throws -> String {
        try run(self.process(arguments, at: places[name]))
    }

    /// Starts a command, and does not wait for it.
    func begin(_ arguments: [String]) throws -> Process {
        let process = self.process(arguments)
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private func run(_ process: Process) throws -> String {
        let arguments = process.arguments ?? []
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == 0, "gosc \(arguments.joined(separator: " ")): \(output)")
        return output
    }

    /// Makes the manager with one group and starts it.
    func startManager(groupFile: String) throws {
        try groupFile.write(toFile: path("group.yaml"), atomically: true, encoding: .utf8)
        try run("manager", "init", "--group", path("group.yaml"), "--state", path("manager"))
        try start("manager", ["manager", "run", "--bind", managerAddress, "--state", path("manager")])
    }

    /// Has a node invited and joined; it does not run yet.
    func join(_ name: String, group: String, roles: String) throws {
        try run(
            "member", "invite", group, name, "--role", roles, "--manager-address", "[\(managerAddress)]:5683", "--out",
            path("\(name).invitation"), "--state", path("manager"))
        try run(at: name, "node", "join", "--invitation-file", path("\(name).invitation"), "--state", path(name))
    }

    /// Starts the manager that there is, and waits until it answers on its control socket.
    func startManager() throws {
        try start("manager", ["manager", "run", "--bind", managerAddress, "--state", path("manager")])
    }

    /// Has a node invited.
    func invite(_ name: String, group: String, roles: String) throws {
        try run(
            "member", "invite", group, name, "--role", roles, "--manager-address", "[\(managerAddress)]:5683", "--out",
            path("\(name).invitation"), "--state", path("manager"))
    }

    /// Starts a join, and does not wait for it.
    func startJoin(_ name: String) throws -> Process {
        let process = self.process([
            "node", "join", "--invitation-file", path("\(name).invitation"), "--state", path(name),
        ])
        let handle = try FileHandle(forWritingTo: log(name))
        try handle.seekToEnd()
        process.standardOutput = handle
        process.standardError = handle
        try process.run()
        return process
    }

    /// What a process has printed so far.
    func log(_ name: String) throws -> URL {
        let log = URL(filePath: path("\(name).log"))
        if !FileManager.default.fileExists(atPath: log.path) { try Data().write(to: log) }
        return log
    }

    /// Starts a node and waits until it answers on its control socket.
    func startNode(_ name: String) throws {
        try start(name, ["node", "run", "--state", path(name), "--interface", interface])
    }

    private func start(_ name: String, _ arguments: [String]) throws {
        let process = self.process(arguments, at: places[name])
        if name == "manager" { process.environment?.merge(managerEnvironment) { $1 } }
        let log = try log(name)
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardOutput = handle
        process.standardError = handle
        if let lineObserver, name != "manager" { process.standardError = Self.watch(name, lineObserver) }
        try process.run()
        processes[name] = process
        let limit = Date(timeIntervalSinceNow: 20)
        while !NodeRemote.isRunning(stateDirectory: path(name)) {
            let text = (try? String(contentsOf: log, encoding: .utf8)) ?? ""
            try #require(process.isRunning, "\(name) has ended: \(text.suffix(500))")
            try #require(Date() < limit, "\(name) does not answer")
            usleep(2000)
        }
    }

    /// Ends a node at once, as a power failure of its process would.
    func kill(_ name: String) {
        guard let process = processes.removeValue(forKey: name) else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// Asks a process to stop, and waits until it has.
    ///
    /// - Returns: False if it still runs after twenty seconds.
    func stop(_ name: String) -> Bool {
        guard let process = processes[name] else { return true }
        process.terminate()
        let limit = Date(timeIntervalSinceNow: 20)
        while process.isRunning, Date() < limit { usleep(5000) }
        guard !process.isRunning else { return false }
        processes[name] = nil
        return true
    }

    func isRunning(_ name: String) -> Bool { processes[name]?.isRunning == true }

    /// Ends all processes and removes all files.
    func tearDown() {
        for name in Array(processes.keys) { kill(name) }
        try? FileManager.default.removeItem(at: folder)
    }

    /// A pipe whose lines are told.
    private static func watch(
        _ name: String, _ observer: @escaping @Sendable (String, Substring, ContinuousClock.Instant) -> Void
    ) -> Pipe {
        let pipe = Pipe()
        let end = pipe.fileHandleForReading
        Thread.detachNewThread {
            var rest = Data()
            while case let data = end.availableData, !data.isEmpty {
                let now = ContinuousClock.now
                rest += data
                let complete = rest.lastIndex(of: 10).map { rest[...$0] } ?? Data()
                for line in String(decoding: complete, as: UTF8.self).split(separator: "\n") {
                    observer(name, line, now)
                }
                rest = Data(rest.dropFirst(complete.count))
            }
        }
        return pipe
    }

    private func process(_ arguments: [String], at place: pid_t? = nil) -> Process {
        let process = Process()
        process.executableURL = Self.gosc
        process.arguments = arguments
        if let place {
            // It becomes the command, with the same process id.
            process.executableURL = URL(filePath: "/usr/bin/env")
            process.arguments = ["nsenter", "-t", String(place), "-n", Self.gosc.path] + arguments
        }
        process.environment = ProcessInfo.processInfo.environment.merging([
            "XDG_CONFIG_HOME": path("config"), "XDG_STATE_HOME": path("state"),
        ]) { $1 }
        process.standardInput = FileHandle.nullDevice
        return process
    }
}
