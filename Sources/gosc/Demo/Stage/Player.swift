import Bytes
import Glibc
import Synchronization

/// One manager or node of the demo: a name, a place for its state, and a process of its own.
final class Player: Sendable {
    let name: String
    /// What is only this player's: its state, its sealing key, its log.
    let directory: String
    /// Its own address; `nil` where all players share those of the host.
    let address: IPv6Address?
    private let process = Mutex<ChildProcess?>(nil)

    init(name: String, in parent: String, address: IPv6Address?) {
        self.name = name
        directory = "\(parent)/\(name)"
        self.address = address
    }

    /// The state directory.
    var state: String { "\(directory)/state" }
    /// Where its processes write what they log.
    var log: String { "\(directory)/log" }
    /// The file that its invitation is in.
    var invitation: String { "\(directory)/invitation" }
    /// The sealing key that gosc makes by itself at its default place.
    var keyFile: String { "\(directory)/config/gosc/node.key" }

    /// Whether its process runs.
    var isRunning: Bool { process.withLock(\.self)?.isRunning ?? false }

    /// A launch of gosc in the name of this player.
    func launch(_ program: Program, _ arguments: [String]) -> ChildProcess.Launch {
        var launch = program.launch(arguments + ["--state", state])
        launch.environment["XDG_CONFIG_HOME"] = "\(directory)/config"
        launch.output = .file(log)
        launch.errors = .file(log)
        return launch
    }

    /// Starts the process that keeps running.
    func start(_ launch: ChildProcess.Launch) throws(DemoError) {
        let started = try ChildProcess.start(launch)
        process.withLock { $0 = started }
    }

    /// Kills it as a power failure would, and waits until it is gone.
    func kill() {
        guard let process = process.withLock({ $0.take() }) else { return }
        process.signal(SIGKILL)
        process.wait()
    }
}
