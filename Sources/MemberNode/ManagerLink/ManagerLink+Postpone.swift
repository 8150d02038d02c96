import ACEGroupcomm
import CoAP
import CoAPEngine

// A manager that a whole building asks at once does not serve all of it at once: it says when to come again (RFC 7252
// §5.9.3.4, RFC 8516 §3). Whoever gave up then would be dark until somebody comes by.
extension ManagerLink {
    /// How often the manager has had no time for one thing.
    struct Postponements {
        /// When it was so for the first time since an answer that was none of these.
        var since: MonotonicInstant
        var count = 0
    }

    /// Sees to it that an operation is begun again later, if the manager has no time now; has it fail where that has gone on
    /// for too long.
    ///
    /// - Parameter isGenuine: Whether the answer came under protection.
    /// - Returns: `false` if the answer means something else.
    func postpones(
        _ operation: Operation, after answer: Message, isGenuine: Bool, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [LinkEffect]
    ) -> Bool {
        guard Self.isBusy(answer) else {
            postponements[operation.step] = nil
            return false
        }
        // COAP-0077: Max-Age is 60 s where it is not said. Without the rest of an answer there is nothing to wait for.
        let delay = answer.code == .requestEntityIncomplete ? 0 : answer.options.maxAge ?? 60
        if !postpone(operation, by: .seconds(Int64(delay)), at: now, random: &random) {
            let failure: JoinFailure =
                isGenuine ? .refused(answer.code, detail: nil) : .unprotectedAnswer(answer.code)
            failed(operation, failure, at: now, effects: &effects)
        }
        return true
    }

    /// The same for an operation that the manager has no time for, as it has said before.
    ///
    /// - Parameter delay: How long it wants to be spared.
    /// - Returns: `false` if it had another reason, or if this has gone on for too long.
    func postponesAgain(
        _ operation: Operation, by delay: Duration, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> Bool {
        postponements[operation.step] != nil && postpone(operation, by: delay, at: now, random: &random)
    }

    private func postpone(
        _ operation: Operation, by delay: Duration, at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> Bool {
        var record = postponements[operation.step] ?? Postponements(since: now)
        guard record.since.duration(to: now) < busyPatience else {
            postponements[operation.step] = nil
            return false
        }
        // Others were told the same: who comes again and again comes more and more rarely, and not all come together.
        let least = max(min(delay, Self.longestDelay), Self.firstDelay * (1 << min(record.count, Self.doublings)))
        let spread = Int64.random(in: 0...least.components.seconds * 500, using: &random)
        let end = now.advanced(by: least + .milliseconds(spread))
        record.count += 1
        postponements[operation.step] = record
        switch operation {
        case .token: state = .postponed(until: end, .token)
        case .upload: state = .postponed(until: end, .upload)
        case .question(let question): postponed.append((question, end))
        }
        return true
    }

    /// Begins again what was postponed until now.
    func resume(at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [LinkEffect]) {
        if case .postponed(let end, let step) = state, end <= now {
            if step == .token {
                requestToken(at: now, random: &random, effects: &effects)
            } else {
                upload(at: now, random: &random, effects: &effects)
            }
        }
        let due = postponed.filter { $0.until <= now }.map(\.question)
        postponed.removeAll { $0.until <= now }
        // There may be no Security Context any more, and then they wait for the next one.
        for question in due { ask(question, isUrgent: true, at: now, random: &random, effects: &effects) }
    }

    /// Whether a refusal is only about the moment: no time, or no room for the rest of an answer in blocks. One that names an
    /// error has another reason, and other ways out.
    static func isBusy(_ answer: Message) -> Bool {
        [.serviceUnavailable, .tooManyRequests, .requestEntityIncomplete].contains(answer.code)
            && ProblemDetails(of: answer)?.error == nil
    }

    private static let firstDelay = Duration.seconds(1)
    /// From 1 s to 16 s.
    private static let doublings = 4
    /// The longest that the manager, or somebody in its place, may ask to be spared.
    static let longestDelay = Duration.seconds(300)
}

extension ManagerLink.Operation {
    /// What stays the same when it is begun again.
    enum Step: Hashable {
        case token
        case upload
        case question(ManagerQuestion)
    }

    var step: Step {
        switch self {
        case .token: .token
        case .upload: .upload
        case .question(let question): .question(question)
        }
    }
}
