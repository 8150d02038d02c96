import Bytes
import ServiceShell

/// One multicast request turns on every lamp, and every answer is verified.
enum OnAct: Act {
    static let name = ActName.on
    static let shows = "one multicast request turns on every lamp, and every answer is verified"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        let before = try stage.status(of: stage.lightSwitch)
        let mark = stage.observer.count
        let answers = try await stage.send("on") { stage.narrator.lamp($0) }
        let after = try stage.status(of: stage.lightSwitch)
        let lamps = try stage.lampStatuses()
        let seen = await stage.observer.datagrams(since: mark, from: after.unicastAddress)
        stage.record(seen.first?.bytes)
        stage.measure(answers)

        findings.lamps = stage.rows(answers)
        findings.expect("datagrams that left the switch", 1, seen: seen.count)
        findings.expect(
            "group datagrams that the switch counted", 1,
            seen: Int(after.counters.groupDatagramsSent - before.counters.groupDatagramsSent))
        findings.expect(
            "lamps whose answer was verified", stage.lamps.count, seen: findings.lamps.count(where: \.verified))
        findings.expect("lamps that are on", stage.lamps.count, seen: lamps.count { $0.lampIsOn == true })
        let destinations = Set(lamps.map { $0.lastRequest?.destination ?? "none" })
        findings.expect(
            "destination that each lamp saw", "the group",
            seen: destinations == ["\(stage.group.address)"]
                ? "the group" : destinations.sorted().joined(separator: ", "))

        let latencies = Latencies(milliseconds: findings.lamps.compactMap(\.milliseconds))
        findings.figures = [
            ("p50", latencies.percentile(50)), ("p99", latencies.percentile(99)), ("spread", latencies.spread),
            ("Leisure", Duration.nanoseconds(answers.summary.leisure).milliseconds),
        ].compactMap { name, value in value.map { Figure(name: name, milliseconds: $0) } }
    }
}
