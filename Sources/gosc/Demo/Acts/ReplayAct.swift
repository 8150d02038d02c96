import ServiceShell

/// A recorded datagram is sent again by someone without keys: at once, and when the replay windows have moved past it.
enum ReplayAct: Act {
    static let name = ActName.replay
    static let shows = "someone without keys sends the recorded datagram again; no lamp acts on it"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        let recorded = try stage.recordedDatagram()
        try await replay(recorded, "sent again at once", on: stage, findings: &findings)
        try await command("off", on: stage, findings: &findings)

        stage.narrator.note("\(Stage.replayWindowSize + 1) genuine requests move the replay windows past it")
        try await stage.sendMany(Stage.replayWindowSize + 1)
        try await replay(recorded, "sent again later", on: stage, findings: &findings)
        try await command("on", on: stage, findings: &findings)
    }

    private static func replay(
        _ datagram: [UInt8], _ when: String, on stage: Stage, findings: inout Findings
    ) async throws {
        let before = try stage.lampStatuses()
        let attacker = try Attacker.start(on: stage, rewritingHeaders: true)
        attacker.send(datagram)
        let after = try await stage.lampStatuses { lamps in
            zip(lamps, before).allSatisfy {
                $0.counters.replays + $0.counters.handlerCalls > $1.counters.replays + $1.counters.handlerCalls
            }
        }
        let report = try await attacker.finish()
        findings.expect("\(when): datagrams of the attacker", 1, seen: report.sent)
        findings.expectOfEach("\(when): counter replay", 1, seen: stage.growth(before, after) { $0.replays })
        findings.expectOfEach("\(when): handler calls", 0, seen: stage.growth(before, after) { $0.handlerCalls })
    }

    private static func command(_ state: String, on stage: Stage, findings: inout Findings) async throws {
        let answers = try await stage.send(state)
        findings.expect("the next genuine command: lamps \(state)", stage.lamps.count, seen: answers.responses.count)
    }
}
