import ACEGroupcomm
import ServiceShell

/// A visitor is thrown out. It keeps its disk, with every key that it had; they are worth nothing any more.
enum EvictAct: Act {
    static let name = ActName.evict
    static let shows = "a visitor is evicted: with all its former keys it is not heard, and hears nothing"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        defer { stage.visitor.kill() }
        try await comeIn(on: stage, findings: &findings)
        let stolen = try Forger.copyState(of: stage.visitor, on: stage)
        let visitor = try stage.status(of: stage.visitor)
        // Ahead of what the visitor has used, near enough for every window.
        let first = visitor.nextSequenceNumber + 1
        try await speak(with: stolen, partialIV: first, "before: ", handled: 1, on: stage, findings: &findings)

        // Off, it does not hear that it is thrown out, and still believes in its keys when it comes back.
        stage.narrator.note("the visitor is off, and is evicted meanwhile")
        stage.visitor.kill()
        try await throwOut(on: stage, findings: &findings)
        try await stage.run(stage.visitor)
        try await listen(on: stage, findings: &findings)
        try await speak(with: stolen, partialIV: first + 1, "after: ", handled: 0, on: stage, findings: &findings)
    }

    /// The visitor is a member as the others: it hears commands, and gives some.
    private static func comeIn(on stage: Stage, findings: inout Findings) async throws {
        let visitor = stage.visitor
        try await stage.invite(visitor, as: [.requester, .responder])
        guard try await stage.join(visitor, with: visitor.invitation) == .exited(0) else {
            throw DemoError("the visitor cannot join: \(Stage.lastLine(of: visitor.log))")
        }
        try await stage.run(visitor)
        // Whoever hears it for the first time asks the manager who it is.
        let all = stage.lamps.count + 1
        findings.expect(
            "lamps on, and the visitor with them", all, seen: try await stage.sendUntil(all, have: "on"))
        findings.expect(
            "lamps off, by the visitor", all - 1,
            seen: try await stage.sendUntil(all - 1, have: "off", from: visitor))
    }

    private static func throwOut(on stage: Stage, findings: inout Findings) async throws {
        let renewed = try await stage.whoGetsNewKeys { try await stage.evict(stage.visitor) }
        findings.expect("nodes with new keys", stage.members.count, seen: renewed)
    }

    /// The next command reaches the visitor's socket as it reaches all others.
    private static func listen(on stage: Stage, findings: inout Findings) async throws {
        let mark = stage.observer.count
        let answers = try await stage.send("on")
        let sent = await stage.observer.datagrams(
            since: mark, from: try stage.status(of: stage.lightSwitch).unicastAddress)
        let visitor = try stage.status(of: stage.visitor)
        findings.expect(
            "commands on the wire, for all to record", "at least 1", seen: "\(sent.count)", holds: !sent.isEmpty)
        findings.expect("the next command: lamps on", stage.lamps.count, seen: answers.responses.count)
        findings.expect("commands that the visitor could read", 0, seen: visitor.counters.handlerCalls)
    }

    /// Whoever has the visitor's disk gives a command in the visitor's own name, signed with its own key.
    private static func speak(
        with stolen: String, partialIV: UInt64, _ when: String, handled: Int64, on stage: Stage,
        findings: inout Findings
    ) async throws {
        let before = try stage.lampStatuses()
        let report = try await Forger.run(on: stage, state: stolen, of: stage.visitor, partialIV: partialIV)
        let after = try await stage.lampStatuses { lamps in
            zip(lamps, before).allSatisfy { judged($0.counters) > judged($1.counters) }
        }
        findings.expect("\(when)commands with the visitor's keys", 1, seen: report.sent)
        findings.expectOfEach("\(when)handler calls", handled, seen: stage.growth(before, after, \.handlerCalls))
    }

    /// Messages of which a lamp has decided what they are worth.
    private static func judged(_ counters: NodeStatus.Counters) -> UInt64 {
        counters.handlerCalls + counters.rejected.values.reduce(0, +)
    }
}
