import ServiceShell

/// A lamp, then the switch, is killed and comes back; no number and no window goes back.
enum CrashAct: Act {
    static let name = ActName.crash
    static let shows = "a lamp, then the switch, is killed with SIGKILL and comes back where it was"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        try await crashLamp(on: stage, findings: &findings)
        try await crashSwitch(on: stage, findings: &findings)
    }

    private static func crashLamp(on stage: Stage, findings: inout Findings) async throws {
        let lamp = stage.lamps[stage.lamps.count / 2]
        let sender = try stage.status(of: stage.lightSwitch)
        // So that the lamp dies with a number in its window that it has just accepted.
        _ = try await stage.send("off")
        let before = try stage.status(of: lamp)
        try await stage.crash(lamp)
        let after = try stage.status(of: lamp)
        expectNotBack("\(lamp.name): sequence number", before.nextSequenceNumber, after.nextSequenceNumber, &findings)
        expectNotBack(
            "\(lamp.name): window for the switch", window(of: sender, at: before), window(of: sender, at: after),
            &findings)
        findings.expect(
            "lamps on, with \(lamp.name) back", stage.lamps.count, seen: try await stage.send("on").responses.count)
    }

    private static func crashSwitch(on stage: Stage, findings: inout Findings) async throws {
        let lightSwitch = stage.lightSwitch
        let before = try stage.status(of: lightSwitch)
        try await stage.crash(lightSwitch)
        let after = try stage.status(of: lightSwitch)
        expectNotBack("switch: sequence number", before.nextSequenceNumber, after.nextSequenceNumber, &findings)

        let mark = stage.observer.count
        let answers = try await stage.send("off")
        let sent = await stage.observer.datagrams(since: mark, from: after.unicastAddress)
        let first = sent.first.flatMap { GroupObserver.partialIV(in: $0.bytes) }
        findings.expect(
            "switch: Partial IV on the wire", "at least \(before.nextSequenceNumber)",
            seen: first.map(String.init) ?? "none", holds: first.map { $0 >= before.nextSequenceNumber } ?? false)
        findings.expect("lamps off, by the switch that is back", stage.lamps.count, seen: answers.responses.count)
    }

    private static func expectNotBack(
        _ what: String, _ before: UInt64?, _ after: UInt64?, _ findings: inout Findings
    ) {
        let text = { (value: UInt64?) in value.map(String.init) ?? "none" }
        let holds = if let before { after.map { $0 >= before } ?? false } else { false }
        findings.expect(what, "at least \(text(before))", seen: text(after), holds: holds)
    }

    /// The highest Partial IV that a node has accepted from another one.
    private static func window(of sender: NodeStatus, at node: NodeStatus) -> UInt64? {
        node.peers.first { $0.senderID == sender.senderID }?.highestPartialIV
    }
}
