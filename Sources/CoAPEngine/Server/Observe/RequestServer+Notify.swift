internal import CoAP

extension RequestServer {
    /// The state of a resource has changed: whoever observes it is told, soon and as often as clients bear.
    ///
    /// Requests that change a resource by way of this server count without being told; this is for all other changes.
    ///
    /// - Parameter path: The segments of its path, not percent-encoded.
    public mutating func resourceChanged(
        _ path: [String], at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        for call in calls.values {
            guard case .request(let inquiry) = call.purpose, inquiry.observing == .register,
                ExactPath(inquiry.request.options.uriPath) == ExactPath(path)
            else { continue }
            inquiry.hasChangedMeanwhile = true
        }
        for id in observations.ids(of: path) { stateChanged(id, at: now, random: &random, effects: &effects) }
    }

    /// What became of a notification: of the one that is in transit, or of any non-confirmable one.
    public mutating func notificationEnded(
        _ id: ObservationID, _ outcome: NotificationOutcome, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) {
        guard var observation = observations[id] else { return }
        switch outcome {
        case .acknowledged:
            observation.isInTransit = false
            observation.unconfirmed = 0
            observation.mustConfirm = false
            observation.budget = nil
            observations[id] = observation
            confirmLater(id, at: now)
            if observation.isDirty { stateChanged(id, at: now, random: &random, effects: &effects) }
        // COAP-0143, COAP-0147
        case .reset, .timeout:
            counters.lostObservers += 1
            endObservation(id, effects: &effects)
        }
    }

    /// Tells one client now, or when it may be told again.
    mutating func stateChanged(
        _ id: ObservationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        guard var observation = observations[id] else { return }
        observation.isDirty = true
        observations[id] = observation
        guard observation.call == nil else { return }
        // COAP-0145; what is in transit already is replaced at no cost (COAP-0144).
        if !observation.isInTransit, !observation.isAlwaysConfirmable, let next = paces[observation.key.source],
            next > now
        {
            guard observation.waitsUntil != next else { return }
            observations[id]?.waitsUntil = next
            timers.set(.notification(id), at: next)
            return
        }
        refresh(id, at: now, random: &random, effects: &effects)
    }

    /// The client has not been heard of for long: it gets a notification that it must acknowledge.
    mutating func confirm(
        _ id: ObservationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        guard var observation = observations[id], !observation.isInTransit else { return }
        observation.mustConfirm = true
        observations[id] = observation
        stateChanged(id, at: now, random: &random, effects: &effects)
    }

    /// Computes the present answer to the request of an observation.
    private mutating func refresh(
        _ id: ObservationID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        guard var observation = observations[id] else { return }
        timers.cancel(.notification(id))
        observation.waitsUntil = nil
        observation.isDirty = false
        observations[id] = observation
        let response: ResourceResponse
        switch route(observation.received) {
        case .notFound: response = ResourceResponse(.notFound)
        case .methodNotAllowed: response = ResourceResponse(.methodNotAllowed)
        case .found(let resource, _) where resource.permits?(observation.request) == false:
            response = ResourceResponse(.forbidden)
        case .found(_, .immediate(let serve)):
            counters.handlerCalls += 1
            response = serve(observation.request)
        case .found(_, let handler):
            guard let call = startCall(.notification(id), observation.request, at: now) else {
                // No room now; the clients are told a little later, and without a pace that is not at once: whoever does
                // what is due would come back to it for ever.
                observation.isDirty = true
                observations[id] = observation
                timers.set(.notification(id), at: now.advanced(by: max(settings.observing.pace, .seconds(1))))
                return
            }
            observation.call = call
            observations[id] = observation
            if case .deferred(let serve) = handler {
                effects.append(.call(call, observation.request, serve))
            } else {
                effects.append(.ask(call, observation.request, isNotification: true))
            }
            return
        }
        notify(id, response, at: now, random: &random, effects: &effects)
    }

    /// Sends a notification.
    mutating func notify(
        _ id: ObservationID, _ response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) {
        guard var observation = observations[id] else { return }
        observation.call = nil
        var answer = properAnswer(response, to: observation.request.code)
        // COAP-0140
        if answer.code == .content, answer.options.contentFormat != observation.contentFormat {
            answer = ResourceResponse(.notAcceptable)
        }
        // COAP-0152: those who registered by way of the group would all speak at once.
        let delay = observation.group.map { leisure(of: $0).draw(using: &random) } ?? .zero
        guard !isUnwanted(answer, observation) else {
            let isDirty = observation.isDirty
            observations[id] = observation
            if isDirty { stateChanged(id, at: now, random: &random, effects: &effects) }
            return
        }
        counters.notifications += 1
        // COAP-0139
        guard answer.code.isSuccess else {
            effects.append(
                .notify(
                    id, ending(answer, observation), isConfirmable: true, isRetransmitted: observation.budget == nil,
                    after: delay))
            endObservation(id, effects: &effects)
            return
        }
        // COAP-0148
        var message = validated(answer, for: observation.request).message
        message.options.observe = observation.nextSequence(at: now)
        guard let block = firstBlock(message, of: observation, at: now) else {
            // Not even the smallest block is small enough for somebody who may not be there.
            endObservation(id, effects: &effects)
            return
        }
        // COAP-0143, COAP-0153, COAP-0267
        let isReplacement = observation.isInTransit
        let isConfirmable =
            isReplacement || observation.mustConfirm || observation.isAlwaysConfirmable
            || observation.unconfirmed + 1 >= max(settings.observing.confirmableEvery, 1)
        observation.isInTransit = isConfirmable
        observation.unconfirmed += 1
        let isDirty = observation.isDirty
        observations[id] = observation
        if !isConfirmable {
            paces[observation.key.source] = now.advanced(by: delay + settings.observing.pace)
        }
        effects.append(
            // COAP-0196: one each, and not five, to an address that may be forged.
            .notify(
                id, block, isConfirmable: isConfirmable, isRetransmitted: observation.budget == nil,
                after: isReplacement ? .zero : delay))
        if isDirty { stateChanged(id, at: now, random: &random, effects: &effects) }
    }

    // COAP-0183, GM-0210
    /// Whether the client has said that it wants to hear of the end alone, as one does that hears of changes otherwise
    /// (RFC 9594 §4.8.1). Whether it is still there it is asked all the same.
    private func isUnwanted(_ answer: ResourceResponse, _ observation: Observation<Verified>) -> Bool {
        guard answer.code.isSuccess, observation.group == nil, !observation.mustConfirm,
            let noResponse = observation.received.request.options.noResponse
        else { return false }
        return NoResponse.suppresses(answer.code, noResponse)
    }

    /// COAP-0196: the error that ends an observation, without its explanation where that is too long for an address that
    /// may be forged.
    private func ending(_ answer: ResourceResponse, _ observation: Observation<Verified>) -> Message {
        let message = answer.message
        guard let budget = observation.budget, 4 + observation.key.token.count + message.bodyLength > budget else {
            return message
        }
        return Message(code: message.code)
    }

    /// What of a notification goes out; the client asks for the rest with GET (RFC 7959 §2.6).
    private mutating func firstBlock(
        _ message: Message, of observation: Observation<Verified>, at now: MonotonicInstant
    ) -> Message? {
        let budget = observation.budget.map { $0 - 4 - observation.key.token.count }
        let asked = observation.received.request.options.block2
        let cutter = BlockCutter(
            asked: asked.map { BlockOption(number: 0, isMore: false, size: $0.size) }, limit: settings.blockSize,
            wantsSize: false, budget: budget, mayShrink: true)
        switch cutter.cut(message, eTag: secrets.eTag) {
        case .whole(let message): return message
        case .block(let block, let isMore):
            if isMore {
                keepSnapshot(
                    message, observation.operation, body: observation.request.payload,
                    isProven: observation.received.isAuthenticated || observation.budget == nil, at: now)
            }
            return block
        case .outOfRange, .tooLong: return nil
        }
    }
}
