import Foundation
import TestSupport
import Testing

/// A node that only listens.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct MonitorProcessTests {
    @Test(.requirement("GM-0079", "GM-0085")) func aMonitorHearsWhatRequestersAsk() throws {
        let gosc = try GoscProgram()
        try Data("name: lights\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
        let manager = try gosc.start(["manager", "run"])
        defer { manager.stop() }
        for (name, role) in [("lamp", "responder"), ("switch", "requester"), ("ear", "monitor")] {
            try gosc.succeed("member invite lights \(name) --role \(role) --out \(name).txt --wait 60s")
            try gosc.succeed("node join --state \(name) --invitation-file \(name).txt")
        }
        #expect(try gosc.succeed("member list lights").output.contains(#/ear +– +monitor +joined/#))
        let lamp = try gosc.start(["node", "run", "--state", "lamp"])
        defer { lamp.stop() }
        let log = try gosc.file("log")
        let ear = try gosc.start(["node", "run", "--state", "ear"], log: log)
        try gosc.succeed("node status --state lamp --wait 60s")
        #expect(try gosc.succeed("node status --state ear --wait 60s").output.contains(#/requests overheard +0\n/#))
        try gosc.succeed("send lights light on --state switch")
        // It may be a moment later than the lamp.
        var status = ""
        for _ in 0..<100 where !status.contains(#/requests overheard +1\n/#) {
            status = try gosc.succeed("node status --state ear").output
        }
        #expect(status.contains(#/requests overheard +1\n/#), "\(status)")
        #expect(ear.stop() == 0)
        let text = try String(contentsOf: log, encoding: .utf8)
        #expect(text.contains(#/request overheard.*path=\/light.*sender=switch/#), "\(text)")
        // It speaks to nobody.
        let send = try gosc.run(["send", "lights", "light", "off", "--state", "ear"])
        #expect(send.exitCode == 77)
        #expect(send.errors.contains("requester"), "\(send.errors)")
    }
}
