import ACEGroupcomm
import ServiceShell

/// The manager hands out keys; whoever has them needs it no more.
enum ManagerDownAct: Act {
    static let name = ActName.managerDown
    static let shows = "the manager is killed: the group works on without it, and it finds its members again"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        let members = try await stage.managerStatus().members
        stage.narrator.note("SIGKILL to the manager")
        stage.manager.kill()
        findings.expect("processes of the manager", 0, seen: stage.manager.isRunning ? 1 : 0)
        try await command("off", "without the manager", on: stage, findings: &findings)
        // What a lamp needs is on its own disk.
        try await stage.crash(stage.lamps[0])
        try await command("on", "without it, a lamp back from a crash", on: stage, findings: &findings)

        try stage.runManager()
        findings.expect(
            "members that the manager knows when it is back", members, seen: try await stage.managerStatus().members)
        let renewed = try await stage.whoGetsNewKeys { try await stage.rekey() }
        findings.expect("nodes that it gives new keys", stage.members.count, seen: renewed)
        try await command("off", "with new keys", on: stage, findings: &findings)
    }

    private static func command(
        _ state: String, _ when: String, on stage: Stage, findings: inout Findings
    ) async throws {
        let answers = try await stage.send(state)
        findings.expect("\(when): lamps \(state)", stage.lamps.count, seen: answers.responses.count)
    }
}
