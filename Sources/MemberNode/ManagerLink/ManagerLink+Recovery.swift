import ACEGroupcomm
import CoAP
import CoAPEngine

extension ManagerLink {
    /// Begins with the token, or with what is there of it.
    func open(at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [LinkEffect]) {
        if token == nil {
            requestToken(at: now, random: &random, effects: &effects)
        } else {
            upload(at: now, random: &random, effects: &effects)
        }
    }

    /// No genuine answer has come behind one without protection.
    func takeHint(
        from peer: PeerIdentity, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [LinkEffect]
    ) {
        guard let hint = endpoint.protection.hints.removeValue(forKey: peer) else { return }
        hintsEnd[peer] = nil
        guard peer == ManagerProtection.manager else {
            cancel(at: now, random: &random) { if case .token = $0 { true } else { false } }
            if postpones(.token, after: hint, isGenuine: false, at: now, random: &random, effects: &effects) { return }
            // A manager that was restored knows no invitation of before any more.
            invitationIsRefused = hint.code == .unauthorized && token != nil
            fail(.unprotectedAnswer(hint.code), at: now, effects: &effects)
            return
        }
        var open: [ManagerQuestion] = []
        cancel(at: now, random: &random) { operation in
            guard let question = operation.question else { return false }
            open.append(question)
            return true
        }
        waiting = open + waiting
        guard !Self.isBusy(hint) else {
            let questions = waiting
            waiting.removeAll()
            for question in questions {
                _ = postpones(
                    .question(question), after: hint, isGenuine: false, at: now, random: &random, effects: &effects)
            }
            return
        }
        endpoint.protection.contexts[peer] = nil
        // RFC 8613 §8.2: the context is not known, or its keys are others.
        guard [.unauthorized, .badRequest, .badOption].contains(hint.code) else {
            fail(.unprotectedAnswer(hint.code), at: now, effects: &effects)
            return
        }
        isForgotten = true
        // GM-0030: the same token once more; then a new one. Where the authorization server is, and what to ask it for, the
        // invitation has said: hints that anybody can send do not change it.
        guard let step: Recoveries = [.upload, .token].first(where: { !recoveries.contains($0) }) else {
            fail(.unprotectedAnswer(hint.code), at: now, effects: &effects)
            return
        }
        recover(by: step, at: now, random: &random, effects: &effects)
    }

    /// The manager, or somebody in its place, does not take the token.
    func uploadRefused(_ failure: JoinFailure, wantsToken: Bool, at now: MonotonicInstant, effects: inout [LinkEffect])
    {
        let steps: [Recoveries] = wantsToken ? [.token] : [.upload, .token]
        guard let step = steps.first(where: { !recoveries.contains($0) }) else {
            fail(failure, at: now, effects: &effects)
            return
        }
        state = .recovering(at: now.advanced(by: patience), step)
    }

    func recover(
        by step: Recoveries, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [LinkEffect]
    ) {
        recoveries.insert(step)
        if step == .token {
            requestToken(at: now, random: &random, effects: &effects)
        } else {
            // Behind the upload there is nothing but a new token.
            open(at: now, random: &random, effects: &effects)
        }
    }

    /// Forgets the Security Context, so that the next question begins with a new upload, or with a new token.
    func renew(_ step: Recoveries) {
        guard case .established = state else { return }
        endpoint.protection.contexts[ManagerProtection.manager] = nil
        if step == .token { token = nil }
        state = .closed
    }

    /// Forgets what was asked for a membership that has ended: it would be asked, or answered, for the next one.
    func dropMembershipQuestions(at now: MonotonicInstant, random: inout some RandomNumberGenerator) {
        waiting.removeAll { $0 != .join }
        postponed.removeAll { $0.question != .join }
        cancel(at: now, random: &random) { $0.question.map { $0 != .join } ?? false }
    }

    /// Forgets what was asked about keys: an answer to a question from before is none to the one that comes now.
    func dropKeyQuestions(at now: MonotonicInstant, random: inout some RandomNumberGenerator) {
        let isMeant = { (question: ManagerQuestion) in question == .keys || question == .staleSenderIDs }
        waiting.removeAll(where: isMeant)
        postponed.removeAll { isMeant($0.question) }
        cancel(at: now, random: &random) { $0.question.map(isMeant) ?? false }
    }

    /// Asks before all else that is under way, and anew if that was asked already, where the manager has been silent for a
    /// while: somebody waits for it now, and what nobody has answered may be sent again in a minute only.
    func askAtOnce(
        _ question: ManagerQuestion, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [LinkEffect]
    ) {
        let isSilent = operations.contains { $0.since.advanced(by: Self.silence) <= now }
        switch state {
        case .established where isSilent:
            let others = operations.compactMap(\.operation.question).filter { $0 != question }
            cancel(at: now, random: &random) { $0.question != nil }
            postponed.removeAll { $0.question == question }
            for next in [question] + others { effects.append(.ready(next)) }
        case .uploading where isSilent:
            cancel(at: now, random: &random) { if case .upload = $0 { true } else { false } }
            waiting.removeAll { $0 == question }
            waiting.insert(question, at: 0)
            upload(at: now, random: &random, effects: &effects)
        default: ask(question, isUrgent: true, at: now, random: &random, effects: &effects)
        }
    }

    /// Behind the first repetition.
    private static let silence = Duration.seconds(3)

    private func cancel(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, where isMeant: (Operation) -> Bool
    ) {
        let meant = operations.filter { isMeant($0.operation) }
        operations.removeAll { open in meant.contains { $0.id == open.id } }
        for open in meant {
            var dropped: [EndpointEffect] = []
            endpoint.cancel(open.id, at: now, random: &random, effects: &dropped)
        }
    }
}
