internal import CoAP

extension Endpoint {
    /// Sends a notification; while a confirmable one is under way, the newer state takes its place.
    mutating func notify(
        _ key: ObservationKey, _ message: Message, isConfirmable: Bool, isRetransmitted: Bool, after delay: Duration,
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        guard var observation = observations[key] else { return }
        guard let whole = protect(message, &observation.binding) else {
            counters.unsentNotifications += 1
            // It will not be better next time, and the server waits for what becomes of a confirmable one.
            tell(key, .timeout, at: now, random: &random, effects: &effects)
            return
        }
        let protected = cut(whole, for: observation.wish, at: now)
        var pending = takeLayerEffects()
        // COAP-0144
        let isReplaced =
            observation.last.map { layer.replaceNotification($0, code: protected.code, body: protected.body) } ?? false
        if !isReplaced {
            if let last = observation.last { notifications[last] = nil }
            observation.last = layer.notify(
                OutgoingNotification(
                    code: protected.code, body: protected.body, token: observation.binding.token,
                    path: observation.binding.path, isConfirmable: isConfirmable, isRetransmitted: isRetransmitted,
                    delay: delay),
                at: now, random: &random, effects: &pending)
            if let last = observation.last { notifications[last] = key } else { counters.unsentNotifications += 1 }
        }
        observations[key] = observation
        process(&pending, at: now, random: &random, effects: &effects)
        // The server waits for what becomes of a confirmable one.
        if isConfirmable, observation.last == nil {
            tell(key, .timeout, at: now, random: &random, effects: &effects)
        }
    }

    /// Tells the server what became of a notification.
    mutating func noteNotification(
        _ id: NotificationID, _ outcome: NotificationOutcome, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        guard let key = notifications.removeValue(forKey: id) else { return }
        if observations[key]?.last == id { observations[key]?.last = nil }
        tell(key, outcome, at: now, random: &random, effects: &effects)
    }

    private mutating func tell(
        _ key: ObservationKey, _ outcome: NotificationOutcome, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [EndpointEffect]
    ) {
        switch key.site {
        case .open:
            var wanted: [ServerEffect<UnprotectedRequest>] = []
            openServer.notificationEnded(key.id, outcome, at: now, random: &random, effects: &wanted)
            carryOut(wanted, of: .open, at: now, random: &random, effects: &effects)
        case .protected:
            var wanted: [ServerEffect<Protection.Verified>] = []
            protectedServer.notificationEnded(key.id, outcome, at: now, random: &random, effects: &wanted)
            carryOut(wanted, of: .protected, at: now, random: &random, effects: &effects)
        }
    }

    /// Notes with what the notifications of an observation go on, and that a reset of the answer ends it.
    mutating func begin(_ key: ObservationKey, _ binding: ReceivedBinding, answering handle: RequestHandle) {
        guard var observation = observations[key] else { return }
        if let former = observation.first { notifications[former] = nil }
        observation.binding = binding
        observation.wish = outer.wishes[handle.number]
        observation.first = layer.watchAnswer(to: handle)
        if let first = observation.first { notifications[first] = key }
        observations[key] = observation
    }

    /// Forgets an observation.
    mutating func forget(_ key: ObservationKey) {
        guard let observation = observations.removeValue(forKey: key) else { return }
        if let first = observation.first { notifications[first] = nil }
        if let last = observation.last { notifications[last] = nil }
    }
}
