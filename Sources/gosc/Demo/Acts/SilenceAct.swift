import ServiceShell

/// Garbage and truncated datagrams reach the group: nobody answers, nobody dies.
enum SilenceAct: Act {
    static let name = ActName.silence
    static let shows = "garbage and truncated datagrams reach the group; nobody answers, nobody dies"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        var random = SystemRandomNumberGenerator()
        let noise = Noise.make(from: try stage.recordedDatagram(), random: &random)
        let before = try stage.lampStatuses()
        let attacker = try Attacker.start(on: stage, rewritingHeaders: false)
        for datagram in noise { attacker.send(datagram) }
        let reached = { (lamps: [NodeStatus]) in
            zip(lamps, before).allSatisfy {
                $0.counters.datagramsReceived >= $1.counters.datagramsReceived + UInt64(noise.count)
            }
        }
        _ = try await stage.lampStatuses(until: reached)
        // An answer would be spread over Leisure; nobody knows that it will not come before that is over.
        try await Task.sleep(for: stage.patience)
        let report = try await attacker.finish()
        let after = try stage.lampStatuses()

        findings.expect("datagrams of garbage and truncations sent", noise.count, seen: report.sent)
        // A lamp may have asked the manager about a sender that does not exist; that answer counts too.
        let received = stage.growth(before, after, \.datagramsReceived).map(\.value).min() ?? 0
        findings.expect(
            "datagrams that each lamp received", "at least \(noise.count)", seen: "\(received)",
            holds: received >= Int64(noise.count))
        findings.expect("answers that came back", 0, seen: report.answers)
        findings.expectOfEach("handler calls", 0, seen: stage.growth(before, after) { $0.handlerCalls })
        let alive = stage.everyone.count { $0.isRunning }
        findings.expect("processes that live on", stage.everyone.count, seen: alive)
        findings.expect(
            "lamps that are the same process as before", before.count,
            seen: zip(before, after).count { $0.process == $1.process })
    }
}
