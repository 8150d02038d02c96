import ACEGroupcomm
import Bytes
import CoAP
import Foundation
import Glibc
import ServiceShell

/// `gosc manager run` as an operator starts it, with new state on the disk of the temporary directory.
final class ManagerProcess {
    private let folder: URL
    private let state: String
    private let id: pid_t

    /// Makes a manager with one empty group, and starts it.
    init(size: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "gosc-bench-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        state = folder.appending(path: "manager").path
        setenv("XDG_CONFIG_HOME", folder.path, 1)
        let log = folder.appending(path: "log").path
        let setup = try Self.start(["manager", "init", "--state", state], log: log)
        var status: Int32 = 0
        guard waitpid(setup, &status, 0) == setup, status == 0 else {
            throw BenchmarkError.program("gosc manager init")
        }
        let address = Building.managerAddress
        id = try Self.start(
            ["manager", "run", "--state", state, "--bind", "\(address.address)", "--port", "\(address.port)"], log: log)
        try awaitStart(log: log)
        _ = try ask(.post, ["gosc", "groups"], Building.groupRequest(size: size))
    }

    deinit {
        kill(id, SIGTERM)
        var status: Int32 = 0
        waitpid(id, &status, 0)
        try? FileManager.default.removeItem(at: folder)
    }

    func invite(_ number: Int) throws -> Invitation {
        let path = ["gosc", "groups", Building.groupName, "invitations"]
        let answer = try ask(.post, path, Building.invitationRequest(for: number))
        return try Invitation(parsing: CreateInvitationAnswer(decoding: answer.span).invitation)
    }

    /// What the manager has counted.
    func status() throws -> ManagerStatus {
        let answer = try ask(.get, ["gosc", "status"])
        return try ManagerStatus(decoding: answer.span)
    }

    /// Bytes of its memory that are its own and in use.
    func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(id)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix("RssAnon:") }
        guard let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Int($0) }) else {
            throw BenchmarkError.program("no RssAnon")
        }
        return kilobytes << 10
    }

    /// CPU time that it has had, in seconds.
    func cpuSeconds() throws -> Double {
        let text = try String(contentsOfFile: "/proc/\(id)/stat", encoding: .utf8)
        let fields = text.drop { $0 != ")" }.split(separator: " ").compactMap { Double($0) }
        // utime and stime are the 14th and the 15th; those behind the name that are no numbers are left out above.
        guard fields.count > 11 else { throw BenchmarkError.program("no CPU time") }
        return (fields[10] + fields[11]) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private func awaitStart(log: String) throws {
        for _ in 0..<500 {
            if (try? status()) != nil { return }
            var status: Int32 = 0
            guard waitpid(id, &status, WNOHANG) == 0 else { break }
            usleep(20_000)
        }
        let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
        throw BenchmarkError.program("gosc manager run: \(text.suffix(300))")
    }

    private func ask(_ code: Code, _ path: [String], _ payload: [UInt8] = []) throws -> [UInt8] {
        let answer = try ManagerRemote.request(
            AdminRequest(code: code, path: path, payload: payload), stateDirectory: state)
        guard answer.code.isSuccess else { throw BenchmarkError.refused(path.joined(separator: "/")) }
        return answer.payload
    }

    /// Starts the `gosc` beside this program; what it says goes to a file.
    private static func start(_ arguments: [String], log: String) throws -> pid_t {
        let own = CommandLine.arguments[0]
        let program = (own.lastIndex(of: "/").map { String(own[...$0]) } ?? "./") + "gosc"
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var id: pid_t = 0
        guard posix_spawn(&id, program, &actions, nil, &words, environ) == 0 else {
            throw BenchmarkError.program(program)
        }
        return id
    }
}
