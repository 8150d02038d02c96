import Foundation
import Glibc
import TestSupport
import Testing

/// Disks that have no room, in a mount namespace of their own.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct FullDiskProcessTests {
    private let gosc: GoscProgram

    init() throws {
        gosc = try GoscProgram()
        let disk = gosc.folder.appending(path: "disk")
        try FileManager.default.createDirectory(at: disk, withIntermediateDirectories: false)
        try Data("name: lights\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
    }

    /// Becomes a command that finds a full disk in the folder `disk`.
    private var onFullDisk: [String] {
        let user = geteuid() == 0 ? [] : ["--user", "--map-root-user"]
        let script = """
            PATH=$PATH:/usr/sbin:/sbin
            mount -t tmpfs -o size=64k,mode=700 tmpfs disk || exit 99
            cat /dev/zero > disk/ballast 2> /dev/null
            exec "$@"
            """
        return ["unshare"] + user + ["--mount", "sh", "-c", script, "sh"]
    }

    @Test func aBackupThatHasNoRoomNamesItsFileAndTheReason() throws {
        let outcome = try gosc.run(["manager", "backup", "disk/b"], behind: onFullDisk)
        #expect(outcome.exitCode == 74)
        #expect(
            outcome.errors
                == "gosc: disk/b cannot be read or written: No space left on device; check the disk and the permissions\n"
        )
    }

    /// Whoever is refused hears why; the log says it once, and once that it is over.
    @Test func anEvictionLogThatHasNoRoomIsNamedOnceUntilItHas() throws {
        let log = try gosc.file("log")
        let manager = try gosc.start(
            ["manager", "run", "--eviction-log", "disk/evictions"], log: log, behind: onFullDisk)
        defer { manager.stop() }
        try gosc.succeed("group list --wait 60s")
        try gosc.succeed("member invite lights lamp --role responder --out lamp.txt")
        try gosc.succeed("node join --state lamp --invitation-file lamp.txt")
        let lines = { (words: String) in
            try String(contentsOf: log, encoding: .utf8).split(separator: "\n").filter { $0.contains(words) }
        }
        for _ in 0..<3 {
            let refused = try gosc.run(["member", "evict", "lights", "lamp"])
            #expect(refused.exitCode == 75, "\(refused.errors)")
            #expect(
                refused.errors.contains("disk/evictions cannot be read or written: No space left on device"),
                "\(refused.errors)")
        }
        let failures = try lines("changes cannot be stored")
        #expect(failures.count == 1)
        #expect(failures.first?.contains("disk/evictions cannot be read or written: No space left on device") == true)
        // What needs no line in the log goes on meanwhile, and is no sign that the log works.
        try gosc.succeed("member invite lights switch --role requester --out switch.txt")
        #expect(try lines("changes can be stored again").isEmpty)

        let ballast = "/proc/\(manager.pid)/root\(gosc.folder.path)/disk/ballast"
        try #require(unlink(ballast) == 0, "\(String(cString: strerror(errno)))")
        try gosc.succeed("member evict lights lamp")
        #expect(try lines("changes can be stored again").count == 1)
        #expect(try lines("changes cannot be stored").count == 1)
    }
}
