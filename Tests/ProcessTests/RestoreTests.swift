import Foundation
import TestSupport
import Testing

/// The drill of `docs/backup.md`, with real processes.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(3)))
struct RestoreProcessTests {
    private let gosc: GoscProgram

    init() throws {
        gosc = try GoscProgram()
        try Data("name: lights\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
    }

    private func join(_ name: String, _ role: String) throws {
        try gosc.succeed("member invite lights \(name) --role \(role) --out \(name).txt --wait 60s")
        try gosc.succeed("node join --state \(name) --invitation-file \(name).txt")
    }

    private func start() throws -> GoscProgram.Service {
        let manager = try gosc.start(["manager", "run", "--eviction-log", "evictions"])
        try gosc.succeed("group list --wait 60s")
        return manager
    }

    private func number(_ name: String, of command: String) throws -> UInt64? {
        let output = try gosc.succeed(command).output
        return output.split(separator: "\n").first { $0.hasPrefix(name) }?
            .firstMatch(of: #/[0-9]+/#).flatMap { UInt64($0.0) }
    }

    @Test(.requirement("GM-0396"))
    func aManagerComesBackWithoutWhoeverWasEvictedSince() throws {
        var manager = try start()
        for (name, role) in [("lamp", "responder"), ("switch", "requester"), ("thief", "requester")] {
            try join(name, role)
        }
        try gosc.succeed("manager backup monday")
        try gosc.succeed("member evict lights thief")
        try gosc.succeed("group rekey lights")
        // While it runs nobody takes its place.
        let busy = try gosc.run(["manager", "restore", "monday", "--replace", "--keep-all"])
        #expect(busy.exitCode == 75, "\(busy.errors)")
        #expect(manager.stop() == 0)

        let refused = try gosc.run(["manager", "restore", "monday"])
        #expect(refused.exitCode == 1 && refused.errors.contains("--replace"), "\(refused.errors)")
        let listed = try gosc.run(["manager", "restore", "monday", "--replace"])
        #expect(listed.exitCode == 2, "\(listed.errors)")
        for name in ["lamp", "switch", "thief"] {
            let line = try Regex("lights +\(name) .* pending *\n")
            #expect(listed.output.contains(line), "\(listed.output)")
        }
        for attempt in [["manager", "run"], ["manager", "token-key"], ["manager", "init"]] {
            let outcome = try gosc.run(attempt)
            #expect(outcome.exitCode == 78 && outcome.errors.contains("gosc manager restore"), "\(outcome.errors)")
        }
        let unknown = try gosc.run(["manager", "restore", "--evict", "lights/nobody"])
        #expect(unknown.exitCode == 65 && unknown.errors.contains("nothing was changed"), "\(unknown.errors)")
        let done = try gosc.succeed("manager restore --eviction-log evictions --output json").output
        #expect(done.contains("\"evicted\"") && done.contains("\"kept\""), "\(done)")

        manager = try start()
        defer { manager.stop() }
        let generation = try number("key generation", of: "group show lights")
        #expect(generation.map { $0 > 65_536 } == true, "\(generation ?? 0)")
        let members = try gosc.succeed("member list lights").output
        #expect(members.contains("lamp") && members.contains("switch") && !members.contains("thief"), "\(members)")
        // A member uploads its token again by itself; whoever was evicted gets nothing for it.
        let lamp = try gosc.start(["node", "run", "--state", "lamp"])
        defer { lamp.stop() }
        // It speaks, but is no manager.
        let other = try gosc.run(["group", "rekey", "lights", "--state", "lamp", "--wait", "60s"])
        #expect(other.exitCode == 78 && other.errors.contains("lamp is the state of a node"), "\(other.errors)")
        for _ in 0..<400 where try number("clients", of: "manager status") == 0 { usleep(50_000) }
        #expect(try number("clients", of: "manager status") == 1)
        let stolen = try gosc.run(["send", "lights", "light", "off", "--state", "thief"])
        #expect(stolen.exitCode != 0 && !stolen.output.contains("2.04"), "\(stolen.output)\(stolen.errors)")
        #expect(try number("clients", of: "manager status") == 1)
        // The others go on: both have the new keys, and each knows of the other.
        let sent = try gosc.succeed("send lights light on --state switch").output
        #expect(sent.contains("lamp") && sent.contains("2.04"), "\(sent)")
    }

    /// Whom the operator throws out with a restore is out behind the next one of the same backup, too.
    @Test(.requirement("GM-0396"))
    func whoeverIsThrownOutByARestoreStaysOut() throws {
        var manager = try start()
        for (name, role) in [("lamp", "responder"), ("thief", "requester")] { try join(name, role) }
        try gosc.succeed("manager backup monday")
        // A second manager does not write into the same log.
        try gosc.succeed("manager init --state other")
        let second = try gosc.run(
            ["manager", "run", "--state", "other", "--port", "6683", "--eviction-log", "evictions"])
        #expect(second.exitCode == 75 && second.errors.contains("evictions"), "\(second.errors)")
        #expect(manager.stop() == 0)
        let alone = try gosc.succeed("manager restore monday --replace --evict lights/thief")
        #expect(alone.errors.contains("in no eviction log"), "\(alone.errors)")
        try gosc.succeed("manager restore monday --replace --evict lights/thief --eviction-log evictions")
        let again = try gosc.succeed("manager restore monday --replace --eviction-log evictions").output
        #expect(again.contains(#/lights +thief .* evicted/#) && again.contains(#/lights +lamp .* kept/#), "\(again)")
        manager = try start()
        defer { manager.stop() }
        #expect(try !gosc.succeed("member list lights").output.contains("thief"))
    }

    /// The bytes of an earlier database are written into the file that is there, which no mark of the file system shows.
    @Test(.requirement("GM-0395", "GM-0396"))
    func aDatabaseThatWasTakenBackInPlaceIsRefused() throws {
        let path = gosc.folder.appending(path: "gosc/manager/gosc.sqlite").path()
        func write(_ bytes: [String: Data]) throws {
            let file = try FileHandle(forWritingTo: URL(filePath: path))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: bytes[""] ?? Data())
            try file.close()
            // The log comes and goes with every run.
            for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try bytes["-wal"]?.write(to: URL(filePath: path + "-wal"))
        }
        func read() -> [String: Data] {
            var bytes: [String: Data] = [:]
            for suffix in ["", "-wal"] { bytes[suffix] = try? Data(contentsOf: URL(filePath: path + suffix)) }
            return bytes
        }
        var manager = try start()
        try join("lamp", "responder")
        #expect(manager.stop() == 0)
        let earlier = read()
        manager = try start()
        try gosc.succeed("group rekey lights")
        #expect(manager.stop() == 0)
        let latest = read()
        try write(earlier)
        for attempt in [["manager", "run"], ["manager", "token-key"]] {
            let refused = try gosc.run(attempt)
            #expect(refused.exitCode == 78, "\(refused.errors)")
            #expect(refused.errors.contains("gosc manager restore") && refused.errors.contains("taken back"))
        }
        // Nothing was changed for that: the latest one runs.
        try write(latest)
        manager = try start()
        #expect(manager.stop() == 0)
        try write(earlier)
        #expect(try gosc.run(["manager", "run"]).exitCode == 78)
        try gosc.succeed("manager restore --keep-all")
        manager = try start()
        defer { manager.stop() }
        #expect(try number("key generation", of: "group show lights").map { $0 > 65_536 } == true)
    }

    /// Its loss ends no manager, and what cannot be read is not taken for anything.
    @Test(.requirement("GM-0396"))
    func aWitnessThatIsMissingIsMade() throws {
        let keys = gosc.folder.appending(path: "gosc")
        let name = try #require(
            FileManager.default.contentsOfDirectory(atPath: keys.path()).first { $0.hasPrefix("manager.key.witness-") })
        let witness = keys.appending(path: name)
        let whole = try Data(contentsOf: witness)
        #expect(try gosc.succeed("manager token-key").errors == "")
        try FileManager.default.removeItem(at: witness)
        let first = try gosc.succeed("manager token-key")
        #expect(first.errors.contains("there is no witness"), "\(first.errors)")
        #expect(try gosc.succeed("manager token-key").errors == "")
        #expect(try Data(contentsOf: witness) == whole)
        // Another past, and as long.
        try Data((String(decoding: whole, as: UTF8.self).dropLast(3) + "zz\n").utf8).write(to: witness)
        #expect(try gosc.run(["manager", "token-key"]).exitCode == 78)
        let digit = whole[whole.count - 2] == UInt8(ascii: "0") ? "1" : "0"
        try Data((String(decoding: whole, as: UTF8.self).dropLast(2) + digit + "\n").utf8).write(to: witness)
        let refused = try gosc.run(["manager", "token-key"])
        #expect(refused.exitCode == 78 && refused.errors.contains("taken back"), "\(refused.errors)")
        try gosc.succeed("manager restore --keep-all")
        try gosc.succeed("manager token-key")
    }

    /// What only the operator can know has to be said, and what is said makes a manager that runs.
    @Test(.requirement("GM-0396"))
    func aDatabaseThatLooksWellIsRestoredOnlyIfToldTo() throws {
        try join(["lamp"])
        let before = try audited()
        let refused = try gosc.run(["manager", "restore", "--keep-all"])
        #expect(refused.exitCode == 64 && refused.errors.contains("--rolled-back"), "\(refused.errors)")
        #expect(try audited() == before)
        let listed = try gosc.run(["manager", "restore", "--rolled-back"])
        #expect(listed.exitCode == 2 && listed.output.contains("pending"), "\(listed.errors)")
        // From here on the database says so itself.
        try gosc.succeed("manager restore --keep-all")
        #expect(try audited().contains("restore-completed"))
        #expect(try gosc.run(["manager", "restore", "--keep-all"]).exitCode == 64)
    }

    private func join(_ names: [String]) throws {
        let manager = try start()
        for name in names { try join(name, "responder") }
        #expect(manager.stop() == 0)
    }

    private func audited() throws -> String { try gosc.succeed("audit list --output jsonl").output }

    /// Whoever forgets the option once loses what it is for.
    @Test func aManagerRemembersThatItHadAnEvictionLog() throws {
        func log(_ options: [String]) throws -> String {
            let file = try gosc.file("log")
            let manager = try gosc.start(["manager", "run"] + options, log: file)
            try gosc.succeed("group list --wait 60s")
            #expect(manager.stop() == 0)
            return try String(contentsOf: file, encoding: .utf8)
        }
        let path = gosc.folder.appending(path: "evictions").path
        #expect(try !log([]).contains("eviction log"))
        #expect(try !log(["--eviction-log", "evictions"]).contains("eviction log"))
        #expect(try log([]).contains("earlier runs have kept an eviction log, \(path), and this one does not"))
        let moved = try log(["--eviction-log", "gosc/manager/evictions"])
        #expect(moved.contains("is in the state directory") && moved.contains("was \(path) before"), "\(moved)")
        let open = gosc.folder.appending(path: "open")
        try Data().write(to: open)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: open.path)
        let refused = try gosc.run(["manager", "run", "--eviction-log", "open"])
        #expect(refused.exitCode == 78, "\(refused.errors)")
        #expect(refused.errors == "gosc: the eviction log open is open to other users; run: chmod 600 open\n")
    }

    /// The whole directory on another machine.
    @Test(.requirement("GM-0396"))
    func aCopiedDirectoryIsNoticedAndBecomesAManager() throws {
        let state = gosc.folder.appending(path: "gosc/manager")
        let copy = gosc.folder.appending(path: "copy")
        try FileManager.default.copyItem(at: state, to: copy)
        let refused = try gosc.run(["manager", "run", "--state", "copy", "--key-file", "gosc/manager.key"])
        #expect(refused.exitCode == 78 && refused.errors.contains("gosc manager restore"), "\(refused.errors)")
        try gosc.succeed("manager restore --keep-all --state copy --key-file gosc/manager.key")
        let manager = try gosc.start(["manager", "run", "--state", "copy", "--key-file", "gosc/manager.key"])
        defer { manager.stop() }
        #expect(try gosc.succeed("group list --state copy --wait 60s").output.contains("lights"))
    }
}
