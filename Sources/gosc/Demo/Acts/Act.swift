/// One act of the story.
protocol Act {
    static var name: ActName { get }
    /// What it shows, in one line.
    static var shows: String { get }
    /// Plays it and writes down what was seen.
    static func play(on stage: Stage, findings: inout Findings) async throws
}

extension Act {
    /// Plays the act. What keeps it from being played counts as a difference.
    static func report(on stage: Stage) async -> ActReport {
        var findings = Findings()
        let start = ContinuousClock.now
        do {
            try await play(on: stage, findings: &findings)
        } catch {
            findings.expect("the act is played to its end", "yes", seen: "\(error)", holds: false)
        }
        return ActReport(
            name: name, shows: shows, passed: findings.passed, checks: findings.checks, lamps: findings.lamps,
            figures: findings.figures, seconds: start.duration(to: .now).seconds)
    }
}

/// The story from beginning to end.
enum Story {
    static var acts: [any Act.Type] {
        [
            JoinAct.self, OnAct.self, ReplayAct.self, ForgeryAct.self, EvictAct.self, CrashAct.self, SilenceAct.self,
            ManagerDownAct.self,
        ]
    }

    /// Plays the acts in order.
    ///
    /// - Parameter keepsGoing: Whether acts behind a failed one are played too. Without the nodes that the first act
    ///   brings together there is nothing to play.
    static func play(on stage: Stage, keepsGoing: Bool) async -> [ActReport] {
        var reports: [ActReport] = []
        for act in acts {
            stage.narrator.begin(act.name, shows: act.shows)
            let report = await act.report(on: stage)
            stage.narrator.end(report)
            reports.append(report)
            guard report.passed || keepsGoing && stage.isSet else { break }
        }
        return reports
    }
}
