import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine

extension ManagerEngine {
    /// What was decided on is durable: it is told.
    func finish(
        _ turn: OpenTurn, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        noteForeignMembers(turn.undo)
        var wanted: [EndpointEffect] = []
        for recipientID in turn.askers { endpoint.protection.candidates.release(recipientID) }
        for (name, progress) in turn.progress {
            endpoint.protection.stored(progress, of: name)
            if case .client(let recipientID) = name { endpoint.protection.promote(recipientID) }
        }
        // GM-0039: the association that a client had before is no more, and what was observed over it.
        for case .newClient(_, replaced: let earlier?) in turn.undo {
            end(.client(earlier.recipientID), at: now, random: &random, wanted: &wanted)
        }
        effects += turn.events.map(ManagerEffect.event)
        for made in turn.rekeyings {
            rekeyingFailures[made.rekeying.groupName] = nil
            effects.append(
                .event(.rekeyed(group: made.rekeying.groupName, version: made.rekeying.version)))
            effects += made.evictions.map(ManagerEffect.event)
        }
        turn.lapsed.forEach { charge($0, at: now) }
        for (member, association) in turn.evicted {
            tell(member, over: association, at: now, random: &random, wanted: &wanted)
        }
        for reply in turn.replies {
            switch reply {
            case .admin(let id, let decision):
                effects += decision.events.map(ManagerEffect.event)
                decision.lapsed.forEach { charge($0, at: now) }
                for name in decision.ended { end(name, at: now, random: &random, wanted: &wanted) }
                effects.append(.answer(id, decision.answer))
            case .network(let call, let decision):
                effects += decision.events.map(ManagerEffect.event)
                counters.joins += decision.joins
                if let client = decision.departed { charge(client, at: now) }
                endpoint.complete(call, with: decision.answer, at: now, random: &random, effects: &wanted)
                for ended in decision.endedObservations {
                    endpoint.endObservations(
                        of: ended.peer, below: ended.path, with: ended.answer, at: now, random: &random,
                        effects: &wanted)
                }
            }
        }
        noteChanges(turn.undo, at: now, random: &random, wanted: &wanted)
        take(wanted, at: now, effects: &effects)
    }

    // GM-0351
    /// A client has left, or its authorization has ended, in however many groups. That is not refused: the next join waits.
    private func charge(_ client: ClientIdentity, at now: MonotonicInstant) {
        departureBudget.charge(client, at: now)
    }

    /// Nothing of what was decided on has become durable: all of it is taken back, and whoever asked may ask again.
    func takeBack(
        _ turn: OpenTurn, because cause: String?, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ManagerEffect]
    ) {
        endpoint.protection.state.undo(turn.undo)
        for made in turn.rekeyings { rekeyingFailures[made.rekeying.groupName, default: 0] += 1 }
        for recipientID in turn.askers { endpoint.protection.candidates.release(recipientID) }
        var wanted: [EndpointEffect] = []
        for reply in turn.replies {
            switch reply {
            case .admin(let id, _):
                let detail = "the change could not be stored" + (cause.map { ": \($0)" } ?? "")
                effects.append(.answer(id, .problem(.serviceUnavailable, detail: detail)))
            case .network(let call, _):
                // GM-0369
                var answer = ResourceResponse(.serviceUnavailable)
                answer.options.maxAge = settings.serverLimits.retryAfter
                endpoint.complete(call, with: answer, at: now, random: &random, effects: &wanted)
            }
        }
        distributions.confirmations = turn.confirmations + distributions.confirmations
        // The store has just failed: whoever asks again gets numbers with that.
        endpoint.protection.starving = []
        take(wanted, at: now, effects: &effects)
    }

    /// Notes who observes, for when its token ends.
    func noteObserver(_ request: ResourceRequest<ManagedRequest>, _ decision: Decision) {
        guard request.options.observe == 0, decision.answer.code.isSuccess,
            case .client(let recipientID) = request.verified.association,
            let record = endpoint.protection.client(recipientID)
        else { return }
        observers.insert(recipientID)
        nextExpiry = min(nextExpiry ?? .max, record.expiry)
    }

    /// Notes that a token may end sooner than the one before.
    func noteExpiry(_ decision: Decision) {
        for case .reauthorizeClient(_, _, _, let expiry) in decision.writes {
            nextExpiry = nextExpiry.map { min($0, expiry) }
        }
    }

    // GM-0027
    /// Ends what clients observe whose token has ended.
    func endExpiredObservations(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        let time = endpoint.protection.now.seconds
        guard let nextExpiry, nextExpiry <= time else { return }
        var wanted: [EndpointEffect] = []
        var remaining: UInt64?
        for recipientID in observers {
            guard let expiry = endpoint.protection.client(recipientID)?.expiry, expiry > time else {
                observers.remove(recipientID)
                endpoint.endObservations(
                    of: AssociationName.client(recipientID).peer, below: [], with: ResourceResponse(.unauthorized),
                    at: now, random: &random, effects: &wanted)
                continue
            }
            remaining = min(remaining ?? .max, expiry)
        }
        self.nextExpiry = remaining
        take(wanted, at: now, effects: &effects)
    }

    /// An association is no more.
    private func end(
        _ name: AssociationName, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        wanted: inout [EndpointEffect]
    ) {
        // While there are keys for it: the last notification is protected, too.
        endpoint.endObservations(
            of: name.peer, below: [], with: ResourceResponse(.unauthorized), at: now, random: &random,
            effects: &wanted)
        if case .client(let recipientID) = name { observers.remove(recipientID) }
        endpoint.protection.forget(name)
    }
}

extension Decision {
    /// How many members it made.
    fileprivate var joins: UInt64 {
        events.contains { if case .joined = $0 { true } else { false } } ? 1 : 0
    }
}
