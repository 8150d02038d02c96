import Foundation
import Glibc
import Synchronization

/// The outer process of the demo: it finds out what this host permits, starts the inner process that tells the story, and
/// leaves nothing behind.
///
/// In a namespace the kernel does the cleaning: the inner process is number 1 of its PID namespace, so every process of it
/// ends together with it, and with the last one go the network and the file system in memory that holds all state.
/// Without namespaces the inner process leads a process group, and all state is in one directory; both are removed by
/// whoever survives: this process, or the inner one when it notices that this one is gone.
struct DemoHost {
    let program: Program
    /// What the inner process is told beside where it runs.
    let arguments: [String]

    /// The number under which the inner process finds the pipe that ends with this process.
    static let lifeline: Int32 = 3

    /// Plays the demo.
    ///
    /// - Parameter permitsNamespaces: False to do without, as on a host that does not permit them.
    /// - Returns: The exit code.
    func play(permitsNamespaces: Bool, notice: (String) -> Void) throws(DemoError) -> Int32 {
        var refusals: [String] = []
        if permitsNamespaces {
            for entry in entries {
                guard let refusal = try probe(entry) else { return try playInNamespace(entry) }
                refusals.append(refusal)
            }
        }
        let reason = refusals.first.map { "namespaces are not permitted here (\($0))" } ?? "without namespaces"
        notice("\(reason): using interface-local scope with hop limit 0, so nothing leaves this host")
        return try playOnHost()
    }

    // MARK: in a namespace

    /// Ways into a namespace, the most natural one first.
    private var entries: [[String]] {
        // With a `/proc` of other processes libdispatch traps when it looks for its own threads there.
        let common = ["--net", "--pid", "--mount", "--mount-proc", "--fork", "--kill-child"]
        let asUser = ["--user", "--map-root-user"] + common
        // Root in a container may lack the right to make namespaces directly.
        return getuid() == 0 ? [common, asUser] : [asUser]
    }

    private func launch(_ entry: [String], _ place: DemoPlace, _ arguments: [String]) -> ChildProcess.Launch {
        program.tool("unshare", entry + [program.path, "demo", "--inside", place.rawValue] + arguments)
    }

    /// Enters a namespace and sets everything up, to see whether that is permitted.
    ///
    /// - Returns: What is not; `nil` if all is.
    private func probe(_ entry: [String]) throws(DemoError) -> String? {
        let pipe = try Pipe()
        var launch = launch(entry, .probe, [])
        launch.passing = [(pipe.writing, STDERR_FILENO)]
        let process: ChildProcess
        do {
            process = try ChildProcess.start(launch)
        } catch {
            return error.description
        }
        pipe.closeWriting()
        let text = pipe.readToEnd()
        if process.wait() == .exited(0) { return nil }
        let line = text.split(separator: "\n").first { !$0.isEmpty }
        return line.map { $0.hasPrefix("gosc: ") ? String($0.dropFirst(6)) : String($0) } ?? "unshare failed"
    }

    private func playInNamespace(_ entry: [String]) throws(DemoError) -> Int32 {
        try play(launch(entry, .namespace, arguments))
    }

    // MARK: without a namespace

    private func playOnHost() throws(DemoError) -> Int32 {
        let directory = try TemporaryDirectory.make()
        defer { TemporaryDirectory.remove(directory) }
        var launch = program.launch(
            ["demo", "--inside", DemoPlace.host.rawValue, "--directory", directory] + arguments)
        launch.leadsGroup = true
        return try play(launch)
    }

    // MARK: both

    private func play(_ launch: ChildProcess.Launch) throws(DemoError) -> Int32 {
        let lifeline = try Pipe()
        var launch = launch
        launch.input = .nothing
        launch.output = .inherited
        launch.errors = .inherited
        launch.passing = [(lifeline.reading, Self.lifeline)]
        let process = try ChildProcess.start(launch)
        lifeline.closeReading()
        Interruption.kill(process.pid)
        // Before it is reaped: until then its number, and so the number of its group, cannot belong to another one.
        var information = siginfo_t()
        while waitid(P_PID, id_t(process.pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        if launch.leadsGroup { Glibc.kill(-process.pid, SIGKILL) }
        Interruption.killNobody()
        let ending = process.wait()
        if launch.leadsGroup { waitUntilGone(group: process.pid) }
        if let signal = Interruption.received { return 128 + signal }
        return switch ending {
        case .exited(let code): code
        case .killed(let signal): 128 + signal
        }
    }

    /// A killed process may write for another moment.
    private func waitUntilGone(group: pid_t) {
        for _ in 0..<200 where Glibc.kill(-group, 0) == 0 { usleep(10_000) }
    }
}

/// Where the inner process of the demo runs.
enum DemoPlace: String, CaseIterable {
    /// In namespaces of its own, to see whether they can be set up.
    case probe
    /// In namespaces of its own.
    case namespace
    /// Among all other processes of this host.
    case host
}

/// What SIGINT, SIGTERM and SIGHUP do to the outer process: they kill the inner one, whose end is waited for anyway.
private enum Interruption {
    private static let target = Atomic<Int32>(0)
    private static let signal = Atomic<Int32>(0)

    /// The signal that came, if any.
    static var received: Int32? {
        let number = signal.load(ordering: .relaxed)
        return number == 0 ? nil : number
    }

    static func kill(_ pid: pid_t) {
        target.store(pid, ordering: .relaxed)
        _ = received
        for number in [SIGINT, SIGTERM, SIGHUP] {
            Glibc.signal(number) { number in
                Interruption.signal.store(number, ordering: .relaxed)
                let pid = Interruption.target.load(ordering: .relaxed)
                if pid > 0 { Glibc.kill(pid, SIGKILL) }
            }
        }
    }

    static func killNobody() {
        target.store(0, ordering: .relaxed)
    }
}
