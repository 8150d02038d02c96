import Bytes
import ServiceShell

extension Stage {
    /// Has a node join with the invitation in a file: a process of its own that ends when it is a member.
    func join(_ player: Player, with invitation: String) async throws(DemoError) -> ChildProcess.Ending {
        let launch = player.launch(program, ["node", "join", "--invitation-file", invitation])
        return await (try ChildProcess.start(launch)).wait(atMost: .seconds(15))
    }

    /// Starts a node that is a member, and waits until it runs.
    func run(_ player: Player) async throws {
        try player.start(
            player.launch(program, ["node", "run", "--log-level", "warning"] + network.options(for: player.address)))
        let end = ContinuousClock.now + .seconds(10)
        while true {
            if player.isRunning, (try? status(of: player)) != nil { return }
            guard player.isRunning, .now < end else {
                throw DemoError("\(player.name) does not run: \(Self.lastLine(of: player.log))")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Kills a node with SIGKILL and starts it again.
    func crash(_ player: Player) async throws {
        narrator.note("SIGKILL to \(player.name)")
        player.kill()
        try await run(player)
        narrator.note("\(player.name) is back")
    }

    /// How a node is doing.
    func status(of player: Player) throws -> NodeStatus {
        try NodeRemote.status(stateDirectory: player.state)
    }

    /// How all lamps are doing, in order.
    func lampStatuses() throws -> [NodeStatus] {
        try lamps.map { try status(of: $0) }
    }

    /// How all lamps are doing once they are as expected; if they do not become so in time, how they are then.
    func lampStatuses(until areAsExpected: ([NodeStatus]) -> Bool) async throws -> [NodeStatus] {
        let end = ContinuousClock.now + Self.timeLimit
        while true {
            let statuses = try lampStatuses()
            if areAsExpected(statuses) || .now >= end { return statuses }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// By how much a counter of each lamp has grown.
    func growth(
        _ before: [NodeStatus], _ after: [NodeStatus], _ counter: (NodeStatus.Counters) -> UInt64
    ) -> [(name: String, value: Int64)] {
        zip(before, after).map { before, after in
            (after.name ?? "?", Int64(clamping: counter(after.counters)) - Int64(clamping: counter(before.counters)))
        }
    }

    /// Beyond this, no answer comes any more: Leisure for all lamps at the group's link rate, and time to act.
    var patience: Duration { .milliseconds(300 + 2 * lamps.count) }
}
