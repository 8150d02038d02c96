import Dispatch
import Glibc
import ServiceShell
import Synchronization

/// A process that the demo started; the demo ends no others.
final class ChildProcess: Sendable {
    /// How a process ended.
    enum Ending: Hashable {
        case exited(Int32)
        case killed(signal: Int32)
    }

    /// What a process starts with. Signals are as after a login.
    struct Launch {
        enum Input {
            case nothing
            case descriptor(Int32)
        }
        enum Output {
            case inherited
            case nothing
            /// Appended to a file that only this user reads.
            case file(String)
        }

        /// A path, or a name to be found in `PATH`.
        var executable: String
        var arguments: [String]
        var environment: [String: String]
        var input: Input = .nothing
        var output: Output = .nothing
        var errors: Output = .nothing
        /// Descriptors of this process, and their numbers in the new one.
        var passing: [(own: Int32, theirs: Int32)] = []
        /// Whether it becomes the first of a new process group.
        var leadsGroup = false
    }

    let pid: pid_t
    private let ending = Mutex<Ending?>(nil)

    private init(pid: pid_t) {
        self.pid = pid
    }

    /// Starts a process.
    static func start(_ launch: Launch) throws(DemoError) -> ChildProcess {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        prepare(&actions, launch)
        prepare(&attributes, launch)
        let arguments = ([launch.executable] + launch.arguments).map { strdup($0) } + [nil]
        let environment = launch.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { (arguments + environment).forEach { free($0) } }
        return try running.withLock { running throws(DemoError) in
            guard running != nil else { throw DemoError("the demo is over") }
            var pid: pid_t = 0
            let error = posix_spawnp(&pid, launch.executable, &actions, &attributes, arguments, environment)
            guard error == 0 else { throw DemoError("cannot start \(launch.executable): \(systemText(error))") }
            let process = ChildProcess(pid: pid)
            running?[pid] = process
            return process
        }
    }

    /// Kills every process that was started and waits until it is gone; none can be started any more.
    static func killAll() {
        let processes = running.withLock { running in
            defer { running = nil }
            return running ?? [:]
        }
        for process in processes.values { process.signal(SIGKILL) }
        for process in processes.values { process.wait() }
    }

    /// Everything that was started and not waited for; `nil` once all is over.
    private static let running = Mutex<[pid_t: ChildProcess]?>([:])

    /// Sends a signal, unless the process was waited for already: its number may belong to another one then.
    func signal(_ number: Int32) {
        ending.withLock { if $0 == nil { kill(pid, number) } }
    }

    /// Whether it still runs.
    var isRunning: Bool {
        ending.withLock { ending in
            guard ending == nil else { return false }
            var information = siginfo_t()
            let result = waitid(P_PID, id_t(pid), &information, WEXITED | WNOHANG | WNOWAIT)
            return result == 0 && information.si_signo == 0
        }
    }

    /// Waits for its end, on this thread.
    @discardableResult
    func wait() -> Ending {
        // The process stays a zombie until the lock is held, so that no signal can hit its successor.
        var information = siginfo_t()
        while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) < 0, errno == EINTR {}
        return ending.withLock { ending in
            if let ending { return ending }
            Self.running.withLock { $0?[pid] = nil }
            var status: Int32 = 0
            while waitpid(pid, &status, 0) < 0, errno == EINTR {}
            let result: Ending =
                status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: status & 0x7f)
            ending = result
            return result
        }
    }

    /// Waits for its end on another thread; kills it when the time is over.
    func wait(atMost limit: Duration) async -> Ending {
        let milliseconds = Int(limit.nanoseconds / 1_000_000)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
                signal(SIGKILL)
            }
            DispatchQueue.global().async { [self] in
                continuation.resume(returning: wait())
            }
        }
    }

    private static func prepare(_ actions: inout posix_spawn_file_actions_t, _ launch: Launch) {
        switch launch.input {
        case .nothing: posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        case .descriptor(let descriptor): posix_spawn_file_actions_adddup2(&actions, descriptor, STDIN_FILENO)
        }
        for (output, descriptor) in [(launch.output, STDOUT_FILENO), (launch.errors, STDERR_FILENO)] {
            switch output {
            case .inherited: break
            case .nothing: posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
            case .file(let path):
                posix_spawn_file_actions_addopen(&actions, descriptor, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
            }
        }
        for (own, theirs) in launch.passing {
            posix_spawn_file_actions_adddup2(&actions, own, theirs)
        }
    }

    private static func prepare(_ attributes: inout posix_spawnattr_t, _ launch: Launch) {
        var none = sigset_t()
        sigemptyset(&none)
        var usual = sigset_t()
        sigemptyset(&usual)
        for number in [SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGTERM, SIGCHLD] { sigaddset(&usual, number) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &usual)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if launch.leadsGroup {
            posix_spawnattr_setpgroup(&attributes, 0)
            flags |= POSIX_SPAWN_SETPGROUP
        }
        posix_spawnattr_setflags(&attributes, Int16(flags))
    }
}

/// A pipe whose ends are closed when it goes; no other program inherits them unless they are passed to it.
final class Pipe: Sendable {
    private let ends: Mutex<(reading: Int32, writing: Int32)>

    init() throws(DemoError) {
        var pair: [Int32] = [-1, -1]
        guard pipe2(&pair, O_CLOEXEC) == 0 else { throw DemoError("cannot make a pipe: \(systemText(errno))") }
        ends = Mutex((pair[0], pair[1]))
    }

    deinit {
        closeReading()
        closeWriting()
    }

    var reading: Int32 { ends.withLock { $0.reading } }
    var writing: Int32 { ends.withLock { $0.writing } }

    func closeReading() {
        ends.withLock { ends in
            if ends.reading >= 0 { close(ends.reading) }
            ends.reading = -1
        }
    }

    func closeWriting() {
        ends.withLock { ends in
            if ends.writing >= 0 { close(ends.writing) }
            ends.writing = -1
        }
    }

    /// Writes a text; a reader that is gone is not an error here.
    func write(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = Glibc.write(writing, bytes.baseAddress! + sent, bytes.count - sent)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    /// Reads until the other end is closed, on this thread.
    func readToEnd() -> String {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = read(reading, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
            bytes += buffer[..<count]
        }
    }
}

/// What the system says of an error number.
func systemText(_ error: Int32) -> String {
    String(cString: strerror(error))
}
