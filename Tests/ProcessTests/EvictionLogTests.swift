import Foundation
import TestSupport
import Testing

/// An eviction log that was mislaid, and one that nobody names: nobody is let in again by either without a word.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(3)))
struct EvictionLogProcessTests {
    private let gosc: GoscProgram
    private var log: URL { gosc.folder.appending(path: "evictions") }

    init() throws {
        gosc = try GoscProgram()
        try Data("name: lights\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
    }

    private func start() throws -> GoscProgram.Service {
        let manager = try gosc.start(["manager", "run", "--eviction-log", "evictions"])
        try gosc.succeed("group list --wait 60s")
        return manager
    }

    /// Members lamp and thief, a backup of that, and an eviction behind it.
    private func evictThief() throws {
        let manager = try start()
        defer { manager.stop() }
        for name in ["lamp", "thief"] {
            try gosc.succeed("member invite lights \(name) --role responder --out \(name).txt")
            try gosc.succeed("node join --state \(name) --invitation-file \(name).txt")
        }
        try gosc.succeed("manager backup monday")
        try gosc.succeed("member evict lights thief")
    }

    private func place(_ bytes: Data) throws {
        try? FileManager.default.removeItem(at: log)
        try bytes.write(to: log)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: log.path)
    }

    @Test(.requirement("GM-0396"))
    func aLogThatIsGoneOrHasLostLinesIsNotBegunAnew() throws {
        try evictThief()
        let whole = try Data(contentsOf: log)
        let run = ["manager", "run", "--eviction-log", "evictions"]
        let link = { try FileManager.default.createSymbolicLink(atPath: log.path, withDestinationPath: "unmounted") }
        for prepare in [{}, link] {
            try FileManager.default.removeItem(at: log)
            try prepare()
            let gone = try gosc.run(run)
            #expect(gone.exitCode == 78 && gone.errors.contains("is not there any more"), "\(gone.errors)")
            #expect(gone.errors.contains("gosc/manager/eviction-log, which remembers it"), "\(gone.errors)")
            #expect(!FileManager.default.fileExists(atPath: log.path))
            try place(whole)
        }
        for count in [0, whole.count - 1] {
            try place(whole.prefix(count))
            for command in [run, ["manager", "restore", "monday", "--replace", "--eviction-log", "evictions"]] {
                let short = try gosc.run(command)
                #expect(short.exitCode == 78, "\(short.errors)")
                #expect(short.errors.contains("had \(whole.count) bytes and has \(count) now"), "\(short.errors)")
            }
            // Nothing of what is left was cut off, either.
            #expect(try Data(contentsOf: log).count == count)
        }
        try place(whole)
        #expect(try start().stop() == 0)
        // What the operator has said goes.
        try FileManager.default.removeItem(at: log)
        try FileManager.default.removeItem(at: gosc.folder.appending(path: "gosc/manager/eviction-log"))
        #expect(try start().stop() == 0)
        #expect(try Data(contentsOf: log).isEmpty)
    }

    /// A line is remembered when it is written: there may be no time for it at the end.
    @Test func aManagerThatWasKilledRemembersItsLog() throws {
        let manager = try start()
        try gosc.succeed("member invite lights lamp --role responder --out lamp.txt")
        try gosc.succeed("node join --state lamp --invitation-file lamp.txt")
        try gosc.succeed("member evict lights lamp")
        manager.kill()
        try place(Data())
        let refused = try gosc.run(["manager", "run", "--eviction-log", "evictions"])
        #expect(refused.exitCode == 78 && refused.errors.contains("has 0 now"), "\(refused.errors)")
    }

    @Test(.requirement("GM-0396"))
    func aLogThatNobodyNamesIsNotPassedOver() throws {
        try evictThief()
        let listed = try gosc.run(["manager", "restore", "monday", "--replace"])
        #expect(listed.exitCode == 2 && listed.errors.contains("an eviction log: \(log.path)"), "\(listed.errors)")
        for decision in [["--keep-all"], ["--evict", "lights/lamp"]] {
            let refused = try gosc.run(["manager", "restore"] + decision)
            #expect(refused.exitCode == 64 && refused.output == "", "\(refused.errors)")
            #expect(refused.errors.contains("the eviction log \(log.path) has what"), "\(refused.errors)")
            #expect(refused.errors.contains("out by it: 1") && refused.errors.contains("--eviction-log"))
        }
        #expect(try gosc.run(["manager", "run"]).exitCode == 78)
        // It has nothing to add to this one, nor to a backup from behind the eviction.
        let named = try gosc.succeed("manager restore --evict lights/thief").output
        #expect(named.contains(#/lights +thief .* evicted/#) && named.contains(#/lights +lamp .* kept/#), "\(named)")
        try gosc.succeed("manager backup tuesday")
        try gosc.succeed("manager restore tuesday --replace --keep-all")
        // Another one may be meant, or this one be gone: that is said.
        try Data().write(to: gosc.folder.appending(path: "other"))
        let other = try gosc.succeed("manager restore monday --replace --eviction-log other")
        #expect(other.errors.contains("another eviction log, \(log.path), which is not read"), "\(other.errors)")
        try FileManager.default.removeItem(at: log)
        let gone = try gosc.succeed("manager restore monday --replace --keep-all")
        #expect(gone.errors.contains("\(log.path), which is not there: whoever it names stays"), "\(gone.errors)")
    }
}
