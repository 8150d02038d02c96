internal import CoAP

extension RequestServer {
    /// What the client wants with Observe, if the resource can be observed.
    func observing(_ received: ReceivedRequest<Verified>, _ resource: Resource<Verified>) -> Inquiry<Verified>
        .Observing?
    {
        // COAP-0136, COAP-0149
        let options = received.request.options
        guard resource.properties.isObservable, received.request.code == .get || received.request.code == .fetch,
            (options.block2?.number ?? 0) == 0
        else { return nil }
        return switch options.observe {
        case 0: .register
        case 1: .deregister
        default: nil
        }
    }

    private func key(_ received: ReceivedRequest<Verified>) -> Observation<Verified>.Key {
        var question: ObservedQuestion?
        if case .association = received.peer {
            let message = received.request
            question = ObservedQuestion(
                operation: OperationKey(peer: received.peer, method: message.code, options: message.options),
                digest: secrets.digest(message.payload))
        }
        return Observation<Verified>.Key(
            source: received.path.source, token: received.token, peer: received.peer, question: question)
    }

    /// Ends the observation that a request with Observe 1 names (COAP-0147, COAP-0155).
    mutating func deregister(_ inquiry: Inquiry<Verified>, effects: inout [ServerEffect<Verified>]) {
        guard let id = observations.id(of: key(inquiry.received)),
            let path = observations[id]?.path, ExactPath(path) == ExactPath(of: inquiry.request.options)
        else { return }
        endObservation(id, effects: &effects)
    }

    /// The observation that a successful answer would begin or renew; `nil` if there is no room for it.
    mutating func prospect(
        _ inquiry: Inquiry<Verified>, contentFormat: ContentFormat?, at now: MonotonicInstant
    ) -> Observation<Verified>? {
        let key = key(inquiry.received)
        let known = observations.id(of: key).flatMap { observations[$0] }
        let path = inquiry.received.path
        var observation = Observation<Verified>(
            id: known?.id ?? observations.makeID(), key: key, request: inquiry.request, received: inquiry.received,
            contentFormat: contentFormat, group: path.isMulticast ? path.destination : known?.group,
            isAlwaysConfirmable: inquiry.resource.properties.notifiesConfirmably,
            budget: notificationBudget(inquiry, at: now),
            sequence: known?.sequence ?? 0)
        observation.unconfirmed = known?.unconfirmed ?? 0
        observation.isInTransit = known?.isInTransit ?? false
        // Until it has acknowledged something, whoever is at a forged address gets little and may refuse it.
        if let known, known.budget == nil { observation.budget = nil }
        observation.mustConfirm = observation.budget != nil
        // COAP-0138
        switch observations.room(for: observation) {
        case .enough: return observation
        case .allIsFull where inquiry.received.isAuthenticated && observations.oldestUnauthenticated != nil:
            return observation
        case .allIsFull, .peerIsFull:
            counters.overload += 1
            return nil
        }
    }

    /// Puts an observation in whose first answer goes out now.
    mutating func register(
        _ observation: Observation<Verified>, answering handle: RequestHandle, at now: MonotonicInstant,
        effects: inout [ServerEffect<Verified>]
    ) {
        while observations.room(for: observation) == .allIsFull, let weakest = observations.oldestUnauthenticated,
            weakest != observation.id
        {
            counters.evictions += 1
            endObservation(weakest, effects: &effects)
        }
        let known = observations[observation.id]
        if let call = known?.call { forgetCall(call) }
        timers.cancel(.notification(observation.id))
        observations.insert(observation)
        // A registration anew says that the client is there, but not that the server may go on without asking.
        if known == nil { confirmLater(observation.id, at: now) }
        effects.append(.observing(observation.id, handle))
    }

    /// The next notification is confirmable at the latest when this time is over, changed or not.
    func confirmationDue(at now: MonotonicInstant) -> MonotonicInstant {
        // COAP-0143
        now.advanced(by: min(settings.observing.confirmableInterval, .seconds(24 * 3600)))
    }

    mutating func confirmLater(_ id: ObservationID, at now: MonotonicInstant) {
        timers.set(.confirmation(id), at: confirmationDue(at: now))
    }

    /// Forgets an observation and has the endpoint forget it.
    mutating func endObservation(_ id: ObservationID, effects: inout [ServerEffect<Verified>]) {
        guard let observation = observations.remove(id) else { return }
        if let call = observation.call { forgetCall(call) }
        timers.cancel(.confirmation(id))
        timers.cancel(.notification(id))
        if paces[observation.key.source] != nil, !observations.contains(source: observation.key.source) {
            paces[observation.key.source] = nil
        }
        effects.append(.observationEnded(id))
    }
}
