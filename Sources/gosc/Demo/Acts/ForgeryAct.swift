import ServiceShell

/// A lamp holds every key of the group; it still cannot speak as the switch.
enum ForgeryAct: Act {
    static let name = ActName.forgery
    static let shows = "a lamp that holds all group keys signs as the switch; nobody believes it"

    static func play(on stage: Stage, findings: inout Findings) async throws {
        let before = try stage.lampStatuses()
        let genuine = try stage.status(of: stage.lightSwitch)
        // Ahead of every number that a lamp has seen, so that no replay window refuses it; near enough that a lamp which
        // did believe it would still hear the switch in the next act.
        let partialIV = genuine.nextSequenceNumber + UInt64(Stage.replayWindowSize / 2)
        let forger = stage.lamps[0]
        // From a copy, so that the lamp goes on undisturbed.
        let state = try Forger.copyState(of: forger, on: stage)
        let report = try await Forger.run(
            on: stage, state: state, of: forger, as: stage.lightSwitch, partialIV: partialIV)
        let after = try await stage.lampStatuses { lamps in
            zip(lamps, before).allSatisfy {
                signatures($0.counters) + $0.counters.handlerCalls > signatures($1.counters) + $1.counters.handlerCalls
            }
        }
        findings.expect("datagrams that \(forger.name) forged", 1, seen: report.sent)
        findings.expect("kid in the forged datagram", genuine.senderID ?? "", seen: report.kid)
        findings.expectOfEach("counter signature", 1, seen: stage.growth(before, after, signatures))
        findings.expectOfEach("handler calls", 0, seen: stage.growth(before, after) { $0.handlerCalls })
    }

    private static func signatures(_ counters: NodeStatus.Counters) -> UInt64 {
        counters.rejected["signature"] ?? 0
    }
}
