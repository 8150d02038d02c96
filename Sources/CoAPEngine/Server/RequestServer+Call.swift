internal import CoAP

/// A deferred handler at work.
internal struct PendingCall<Verified: RequestProperties> {
    /// What its answer is for.
    enum Purpose {
        case request(Inquiry<Verified>)
        case notification(ObservationID)
    }

    let purpose: Purpose
    let peer: PeerIdentity
    let byteCount: Int
}

extension RequestServer {
    /// A deferred handler has answered.
    ///
    /// - Parameters:
    ///   - call: From the effect that asked for it; later answers to the same call are ignored.
    ///   - response: What the handler answered.
    public mutating func complete(
        _ call: CallID, with response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) {
        guard let pending = forgetCall(call) else {
            counters.answersTooLate += 1
            return
        }
        switch pending.purpose {
        case .request(let inquiry): finish(inquiry, response, at: now, random: &random, effects: &effects)
        case .notification(let id): notify(id, response, at: now, random: &random, effects: &effects)
        }
    }

    /// Has the handler of a request act.
    mutating func call(
        _ inquiry: Inquiry<Verified>, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        switch inquiry.handler {
        case .immediate(let serve):
            counters.handlerCalls += 1
            finish(inquiry, serve(inquiry.request), at: now, random: &random, effects: &effects)
        case .deferred(let serve):
            guard let id = startCall(.request(inquiry), inquiry.request, at: now) else {
                return finish(inquiry, busy(), at: now, random: &random, effects: &effects)
            }
            effects.append(.call(id, inquiry.request, serve))
        case .driver:
            guard let id = startCall(.request(inquiry), inquiry.request, at: now) else {
                return finish(inquiry, busy(), at: now, random: &random, effects: &effects)
            }
            effects.append(.ask(id, inquiry.request, isNotification: false))
        }
    }

    /// Makes room for a deferred handler; `nil` if there is none.
    mutating func startCall(
        _ purpose: PendingCall<Verified>.Purpose, _ request: ResourceRequest<Verified>, at now: MonotonicInstant
    ) -> CallID? {
        let byteCount = request.options.encoded.count + request.payload.count
        guard callShares.room(for: request.peer, entries: 1, bytes: byteCount) == .enough else {
            counters.overload += 1
            return nil
        }
        callShares.add(request.peer, entries: 1, bytes: byteCount)
        lastCall += 1
        let id = CallID(number: lastCall)
        calls[id] = PendingCall(purpose: purpose, peer: request.peer, byteCount: byteCount)
        counters.handlerCalls += 1
        timers.set(.call(id), at: now.advanced(by: settings.transmission.exchangeLifetime))
        return id
    }

    @discardableResult
    mutating func forgetCall(_ id: CallID) -> PendingCall<Verified>? {
        guard let call = calls.removeValue(forKey: id) else { return nil }
        callShares.add(call.peer, entries: -1, bytes: -call.byteCount)
        timers.cancel(.call(id))
        return call
    }

    /// A deferred handler has had its time.
    mutating func expire(
        _ id: CallID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) {
        guard let call = forgetCall(id) else { return }
        counters.expiredCalls += 1
        switch call.purpose {
        case .request(let inquiry): finish(inquiry, busy(), at: now, random: &random, effects: &effects)
        case .notification(let id):
            guard var observation = observations[id] else { return }
            observation.call = nil
            observations[id] = observation
            stateChanged(id, at: now, random: &random, effects: &effects)
        }
    }

    /// 5.03: there is no room now, and there will be (COAP-0077).
    func busy() -> ResourceResponse {
        var response = ResourceResponse(.serviceUnavailable)
        response.options.maxAge = settings.limits.retryAfter
        return response
    }
}
