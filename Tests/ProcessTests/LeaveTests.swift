import Foundation
import TestSupport
import Testing

/// `gosc node leave` while the manager does not answer.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(2)))
struct LeaveProcessTests {
    private let gosc: GoscProgram

    init() throws {
        gosc = try GoscProgram()
        try Data("name: lights\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
    }

    private func start() throws -> GoscProgram.Service {
        let manager = try gosc.start(["manager", "run"])
        try gosc.succeed("group list --wait 60s")
        return manager
    }

    private func isLeaving() throws -> Bool {
        try gosc.succeed("node status --state lamp --wait 60s").output.contains("leaving")
    }

    // The node answers whoever waits before it ends. One who waited and was forgotten kept it from ending for ever.
    @Test func aNodeEndsThoughSeveralHaveWaitedForItsLeaving() throws {
        let manager = try start()
        try gosc.succeed("member invite lights lamp --role responder --out lamp.txt")
        try gosc.succeed("node join --state lamp --invitation-file lamp.txt")
        let lamp = try gosc.start(["node", "run", "--state", "lamp"])
        try gosc.succeed("node status --state lamp --wait 60s")
        manager.kill()
        let waiting = try (0..<3).map { _ in try gosc.start(["node", "leave", "--state", "lamp"]) }
        for _ in 0..<400 where try !isLeaving() { usleep(50_000) }
        #expect(try isLeaving())
        // One is interrupted, the others hear that the node ends.
        waiting[0].kill()
        #expect(lamp.end(isAsked: true) == 0)
        // Or find that the connection is gone, where the node was quicker.
        let codes = waiting[1...].map { $0.end(isAsked: false) }
        #expect(codes.allSatisfy { [69, 74].contains($0) }, "\(codes)")
    }
}
