import Foundation
import TestSupport
import Testing

/// A host that cannot send to the group.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct NoRouteProcessTests {
    @Test func sendSaysWhatToDoWhereMulticastIsNotPossible() throws {
        let gosc = try GoscProgram()
        try Data("name: demo-lights".utf8).write(to: gosc.folder.appending(path: "demo-lights.yaml"))
        try gosc.succeed("manager init --group demo-lights.yaml")
        let manager = try gosc.start(["manager", "run"])
        defer { manager.stop() }
        for (name, role) in [("lamp-1", "responder"), ("switch", "requester")] {
            try gosc.succeed("member invite demo-lights \(name) --role \(role) --out \(name).txt --wait 60s")
            try gosc.succeed("node join --state \(name) --invitation-file \(name).txt")
        }
        let lamp = try gosc.start(["node", "run", "--state", "lamp-1"])
        defer { lamp.stop() }
        try gosc.succeed("node status --state lamp-1 --wait 60s")
        let send = ["send", "demo-lights", "light", "on", "--state", "switch", "--output", "json"]
        #expect(try gosc.run(send).exitCode == 0)

        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            ["PATH=/usr/sbin:/sbin:/usr/bin:/bin", "ip"]
            + "-6 route del local ff00::/8 dev lo table local".split(separator: " ").map(String.init)
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)

        let outcome = try gosc.run(send)
        #expect(outcome.exitCode == 69)
        #expect(outcome.output == "")
        #expect(
            outcome.errors.contains(
                "the system cannot send to group demo-lights on interface lo; "
                    + "run: ip -6 route add local ff00::/8 dev lo table local"), "\(outcome.errors)")
    }
}
