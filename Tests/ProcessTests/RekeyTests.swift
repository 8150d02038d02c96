import Foundation
import TestSupport
import Testing

/// New keys for a group of real processes.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(5)))
struct RekeyProcessTests {
    private let gosc: GoscProgram
    private let log: URL

    init() throws {
        gosc = try GoscProgram()
        log = try gosc.file("log")
        try Data("name: lights\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
    }

    private func join(_ name: String, _ role: String) throws {
        try gosc.succeed("member invite lights \(name) --role \(role) --out \(name).txt --wait 60s")
        try gosc.succeed("node join --state \(name) --invitation-file \(name).txt")
    }

    private func keyGeneration(_ name: String) throws -> String? {
        let status = try gosc.succeed("node status --state \(name) --wait 60s").output
        return status.firstMatch(of: #/key generation +([0-9]+)\n/#).map { String($0.1) }
    }

    private func wait(for name: String, toHave generation: String) throws {
        for _ in 0..<200 where try keyGeneration(name) != generation { usleep(50_000) }
        #expect(try keyGeneration(name) == generation, "\(name)")
    }

    /// Members that run are told, one that does not run finds out when it sends; who was evicted is out.
    @Test(.requirement("GM-0320", "GM-0346", "GM-0354"))
    func theGroupGoesOnUnderNewKeysWithoutWhoeverWasEvicted() throws {
        let manager = try gosc.start(["manager", "run"], log: log)
        defer { manager.stop() }
        for (name, role) in [
            ("lamp-1", "responder"), ("lamp-2", "responder"), ("switch", "requester"), ("thief", "requester"),
        ] {
            try join(name, role)
        }
        let lamps = try ["lamp-1", "lamp-2"].map { try gosc.start(["node", "run", "--state", $0]) }
        defer { for lamp in lamps { lamp.stop() } }
        try wait(for: "lamp-1", toHave: "0")
        try wait(for: "lamp-2", toHave: "0")
        try gosc.succeed("send lights light on --state switch")
        try gosc.succeed("send lights light off --state thief")

        let rekeyed = try gosc.succeed("group rekey lights").output
        #expect(rekeyed.contains(#/key generation +1\n/#), "\(rekeyed)")
        try wait(for: "lamp-1", toHave: "1")
        try wait(for: "lamp-2", toHave: "1")
        let sent = try gosc.succeed("send lights light on --state switch").output
        #expect(sent.contains("lamp-1") && sent.contains("lamp-2"), "\(sent)")

        try gosc.succeed("member evict lights thief")
        try wait(for: "lamp-1", toHave: "2")
        try wait(for: "lamp-2", toHave: "2")
        let stolen = try gosc.run(["send", "lights", "light", "off", "--state", "thief"])
        #expect(stolen.exitCode != 0 && !stolen.output.contains("2.04"), "\(stolen.output)\(stolen.errors)")
        let again = try gosc.succeed("send lights light on --state switch").output
        #expect(again.contains("lamp-1") && again.contains("lamp-2"), "\(again)")
        #expect(try !gosc.succeed("member list lights").output.contains("thief"))
        let holders = try gosc.succeed("member list lights thief").output
        #expect(holders.contains(#/thief\.1 +evicted +.* its invitation/#), "\(holders)")
        let text = try String(contentsOf: log, encoding: .utf8)
        #expect(text.contains(#/node evicted.*node=thief/#), "\(text)")
    }

    /// Also where one of them has left before. The commands say who that was.
    @Test(.requirement("GM-0346"))
    func severalGoWithOneCommandAndOneSetOfKeys() throws {
        let manager = try gosc.start(["manager", "run"], log: log)
        defer { manager.stop() }
        for name in ["lamp", "thief", "visitor", "former"] { try join(name, "responder") }
        try gosc.succeed("node leave --state former")
        let lamp = try gosc.start(["node", "run", "--state", "lamp"])
        defer { lamp.stop() }
        try wait(for: "lamp", toHave: "1")
        let refused = try gosc.run(["member", "evict", "lights", "thief", "visiter"])
        #expect(
            refused.exitCode == 1 && refused.errors.contains("nobody was evicted: lights has no member named visiter"))
        let evicted = try gosc.succeed("member evict lights thief visitor former thief").errors
        #expect(
            evicted == """
                gosc: thief is no member of lights any more
                gosc: visitor is no member of lights any more
                gosc: former.1 was no member of lights any more, and may not come back

                """)
        try wait(for: "lamp", toHave: "2")
        #expect(try gosc.succeed("group show lights").output.contains(#/key generation +2\n/#))
        #expect(try gosc.run(["member", "evict", "lights", "thief"]).errors.contains("thief is evicted already"))

        try join("spare", "responder")
        try gosc.succeed("node leave --state spare")
        try gosc.succeed("member invite lights spare --role responder --out next.txt")
        let unused = try gosc.succeed("member revoke lights spare").errors
        #expect(unused.contains("the invitation of spare to lights is revoked; nobody had joined with it"))
        try gosc.succeed("member invite lights spare --role responder --out last.txt")
        try gosc.succeed("node join --state last --invitation-file last.txt")
        let used = try gosc.succeed("member revoke lights spare").errors
        #expect(used.contains("the invitation of spare.1 to lights is revoked"), "\(used)")
    }

    /// The manager dies right behind the command, and comes back. The lamp listens at another port than it joined from, because
    /// the manager has that of the group: it was heard from there.
    @Test(.requirement("GM-0319", "GM-0336"))
    func aManagerThatComesBackTellsWhomItHasNotTold() throws {
        var manager = try gosc.start(["manager", "run"], log: log)
        try join("lamp", "responder")
        try join("switch", "requester")
        let lamp = try gosc.start(["node", "run", "--state", "lamp"])
        defer { lamp.stop() }
        try wait(for: "lamp", toHave: "0")
        for generation in 1...3 {
            try gosc.succeed("group rekey lights")
            manager.kill()
            manager = try gosc.start(["manager", "run"], log: log)
            try wait(for: "lamp", toHave: String(generation))
            try gosc.succeed("send lights light on --state switch")
        }
        manager.stop()
    }
}
