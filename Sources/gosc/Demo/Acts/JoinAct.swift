import ACEGroupcomm
import ServiceShell

/// Each node joins with an invitation, and no invitation admits a second one.
enum JoinAct: Act {
    static let name = ActName.join
    static let shows = "each node joins with an invitation, once"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        let nodes = stage.lamps + [stage.lightSwitch]
        try await joinAll(stage.lamps, on: stage)
        // The last to join knows all others from the start.
        try await join(stage.lightSwitch, as: .requester, on: stage)
        stage.narrator.progress("switch", done: nodes.count, of: nodes.count)
        stage.becomesSet()

        let statuses = try nodes.map { try stage.status(of: $0) }
        findings.expect("nodes that joined", nodes.count, seen: statuses.count { $0.group == DemoGroup.name })
        findings.expect("different Sender IDs", nodes.count, seen: Set(statuses.compactMap(\.senderID)).count)
        let known = statuses.last?.peers.count { $0.roles == "responder" } ?? 0
        findings.expect("lamps that the switch knows", stage.lamps.count, seen: known)
        try await tryAgain(stage.lightSwitch, on: stage, findings: &findings)
        try await meet(on: stage, findings: &findings)
    }

    /// A few at a time: each is a process that starts, joins and ends, and then one that runs.
    private static func joinAll(_ lamps: [Player], on stage: Stage) async throws {
        try await withThrowingTaskGroup(of: Player.self) { group in
            var done = 0
            func next() async throws {
                guard let lamp = try await group.next() else { return }
                done += 1
                stage.narrator.progress(lamp.name, done: done, of: lamps.count + 1)
            }
            for (index, lamp) in lamps.enumerated() {
                if index >= 4 { try await next() }
                group.addTask {
                    try await join(lamp, as: .responder, on: stage)
                    return lamp
                }
            }
            while done < lamps.count { try await next() }
        }
    }

    private static func join(_ player: Player, as roles: Roles, on stage: Stage) async throws {
        try await stage.invite(player, as: roles)
        guard try await stage.join(player, with: player.invitation) == .exited(0) else {
            throw DemoError("\(player.name) cannot join: \(Stage.lastLine(of: player.log))")
        }
        try await stage.run(player)
    }

    /// A stranger has found an invitation that was used.
    private static func tryAgain(_ player: Player, on stage: Stage, findings: inout Findings) async throws {
        let stranger = Player(name: "stranger", in: stage.directory, address: nil)
        try Stage.makeDirectory(stranger.directory)
        let ending = try await stage.join(stranger, with: player.invitation)
        findings.expect(
            "a stranger with the switch's used invitation", "refused",
            seen: ending == .exited(0) ? "admitted" : "refused", holds: ending != .exited(0))
    }

    /// Lamps that joined before the switch learn from the manager who it is when they first hear it.
    private static func meet(on stage: Stage, findings: inout Findings) async throws {
        stage.narrator.note("the lamps hear the switch for the first time")
        var answered = 0
        for _ in 0..<3 where answered < stage.lamps.count {
            answered = try await stage.send("off").responses.count
        }
        findings.expect("lamps that know the switch", stage.lamps.count, seen: answered)
    }
}
