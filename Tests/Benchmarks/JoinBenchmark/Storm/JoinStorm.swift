import ACEGroupcomm
import Bytes
import MemberNode
import ServiceShell

/// The power returns, and everybody wants to be a member at once.
struct JoinStorm {
    enum Kind: String {
        /// Nodes that hold invitations: token, upload, join.
        case newcomers = "invited nodes join"
        /// Nodes that are members: they upload their token anew and read the roster.
        case members = "members come back"
    }

    let kind: Kind
    /// In nanoseconds, of those that have come to an end that is good.
    var times: [Double] = []
    /// Those that gave up, or were never done.
    var lost = 0
    /// Attempts that nodes gave up, and then began again.
    var attemptsAgain = 0
    var tally = SwarmTally()
    /// Requests that the manager has answered with an error, and uploads that it has refused.
    var refusals: UInt64 = 0
    var uploadsRefused: UInt64 = 0
    /// CPU time of the manager, in seconds.
    var cpu = 0.0
    /// What its memory has grown by, in bytes.
    var memory = 0
    /// Whether there are as many members as nodes, each of which has joined once under a Sender ID of its own.
    var isRight = false
}

/// Joins and comes back, with a real manager.
func measureStorms(_ options: StormOptions) throws -> [JoinStorm] {
    try StormNetwork.setUp(nodes: options.nodes)
    let manager = try ManagerProcess(size: options.nodes)
    let nodes = try (0..<options.nodes).map { number in
        try CrowdNode(
            manager.invite(number), at: SocketAddress(Building.address(of: number), port: Building.port))
    }
    let swarm = try Swarm(nodes)
    let wallClock = UnixTime.now

    let joined = try measure(.newcomers, manager) {
        try swarm.run(
            limit: options.limit, begin: { $0.join(at: $1, wallClock: wallClock) },
            isDone: { !$0.joined.isEmpty || !$0.failures.isEmpty })
    } isGood: {
        !nodes[$0].joined.isEmpty
    } finish: { storm in
        storm.tally = swarm.tally
        let status = try manager.status()
        storm.isRight =
            status.members == UInt64(nodes.count) && status.joins == UInt64(nodes.count)
            && nodes.allSatisfy { $0.joined.count == 1 } && Set(nodes.flatMap(\.joined)).count == nodes.count
    }
    let returned = try measure(.members, manager) {
        try swarm.run(
            limit: options.limit, begin: { try $0.restart(at: $1, wallClock: wallClock) },
            isDone: { $0.rostersRead > 0 })
    } isGood: {
        nodes[$0].rostersRead > 0
    } finish: { storm in
        storm.tally = swarm.tally
        storm.attemptsAgain = nodes.reduce(0) { $0 + $1.rostersMissed }
        let status = try manager.status()
        storm.isRight = status.members == UInt64(nodes.count) && status.joins == UInt64(nodes.count)
    }
    return [joined, returned]
}

private func measure(
    _ kind: JoinStorm.Kind, _ manager: ManagerProcess, _ run: () throws -> [Int64?], isGood: (Int) -> Bool,
    finish: (inout JoinStorm) throws -> Void
) throws -> JoinStorm {
    var storm = JoinStorm(kind: kind)
    let before = (status: try manager.status(), cpu: try manager.cpuSeconds(), memory: try manager.residentBytes())
    let times = try run()
    for (index, time) in times.enumerated() {
        if let time, isGood(index) { storm.times.append(Double(time)) } else { storm.lost += 1 }
    }
    let status = try manager.status()
    storm.refusals = status.refusals - before.status.refusals
    storm.uploadsRefused = status.uploadsRefused - before.status.uploadsRefused
    storm.cpu = try manager.cpuSeconds() - before.cpu
    storm.memory = try manager.residentBytes() - before.memory
    try finish(&storm)
    return storm
}
