public import CoAP

extension MessageLayer {
    /// Answers a request: piggybacked, separately or non-confirmable, as the request and the time passed demand.
    ///
    /// - Parameters:
    ///   - handle: Of the request; used up by this call.
    ///   - response: Sent as it is; whether a group gets this answer at all has been decided before.
    ///   - delay: How long to hold it back, drawn from ``Leisure``; 0 answers at once.
    /// - Returns: Whether the request still waited for its answer.
    @discardableResult
    public mutating func respond(
        to handle: RequestHandle, with response: Message, after delay: Duration = .zero, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) -> Bool {
        respond(
            to: handle, code: response.code, body: response.body, after: delay, at: now, random: &random,
            effects: &effects)
    }

    /// Answers a request with encoded options and payload, `options | [ff | payload]`.
    @discardableResult
    public mutating func respond(
        to handle: RequestHandle, code: Code, body: [UInt8], after delay: Duration = .zero,
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) -> Bool {
        latestInput = now
        guard let request = pending[handle.number], request.answer == nil else {
            counters.answersTooLate += 1
            return false
        }
        guard delay > .zero else {
            transmitAnswer(to: handle, request, code: code, body: body, at: now, random: &random, effects: &effects)
            return true
        }
        pending.update(handle.number) {
            $0?.answer = (code, body)
            $0?.concludesAt = now.advanced(by: delay)
        }
        arm(handle)
        return true
    }

    /// Has a reset of the answer to a request told of by ``MessageLayerEffect/notification(_:_:)``, as one of a notification
    /// is: the answer is the first of an observation. To be called before ``respond(to:with:after:at:random:effects:)``.
    ///
    /// - Returns: The name under which it is told of; `nil` if nobody waits for an answer any more.
    public mutating func watchAnswer(to handle: RequestHandle) -> NotificationID? {
        guard pending[handle.number] != nil else { return nil }
        observedAnswers &+= 1
        // No notification has such a number, see ``Slab``.
        let id = NotificationID(number: UInt64(observedAnswers) << 32 | 0xffff_ffff)
        pending.update(handle.number) { $0?.observedAs = id }
        return id
    }

    /// Says that no answer will come. A confirmable request is acknowledged all the same, so that it is not sent again.
    public mutating func stayingSilent(to handle: RequestHandle, effects: inout [MessageLayerEffect]) {
        guard let request = forget(handle) else { return }
        // COAP-0184
        if request.isUnacknowledged { acknowledge(request, effects: &effects) }
    }

    /// Rejects a request that cannot be processed: a confirmable one is reset, all others meet silence.
    public mutating func reject(_ handle: RequestHandle, effects: inout [MessageLayerEffect]) {
        guard let request = forget(handle), request.isUnacknowledged else { return }
        reset(request.messageID, request.path, effects: &effects)
        seen.remember(emptyMessage(.reset, request.messageID, request.path), for: request.seenAs)
    }

    /// Acknowledges a request whose answer takes longer.
    internal mutating func acknowledge(_ request: PendingRequest, effects: inout [MessageLayerEffect]) {
        let datagram = emptyMessage(.acknowledgement, request.messageID, request.path)
        seen.remember(datagram, for: request.seenAs)
        answer(datagram, effects: &effects)
    }

    internal mutating func transmitAnswer(
        to handle: RequestHandle, _ request: PendingRequest, code: Code, body: [UInt8], at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) {
        forget(handle)
        guard body.count <= Self.maximumBodyLength else {
            counters.unsentAnswers += 1
            return
        }
        // COAP-0055: what a duplicate gets again.
        let isPiggybacked = request.isUnacknowledged
        // COAP-0060, COAP-0059
        let type: MessageType
        if isPiggybacked {
            type = .acknowledgement
        } else if request.type == .confirmable, retransmitting < limits.exchanges + limits.pendingRequests {
            type = .confirmable
        } else {
            type = .nonConfirmable
        }
        let freshID =
            isPiggybacked
            ? request.messageID : messageIDs.nextForAnswer(to: request.path.answerDestination, at: now, random: &random)
        guard let messageID = freshID else {
            counters.unsentAnswers += 1
            return
        }
        let datagram = OutgoingDatagram(
            // COAP-0066
            header: DatagramHeader(type: type, code: code, messageID: messageID, token: request.token), body: body,
            // COAP-0084, COAP-0043: to the client alone, from the address that was asked unless that is a group.
            destination: request.path.answerDestination,
            source: request.path.answerSource)
        // COAP-0147
        if let id = request.observedAs {
            sentNotifications.insert(
                SentID(messageID, datagram.destination), of: id, to: datagram.destination, at: now)
        }
        // What does not leave now because of the rate, a duplicate may still get.
        if isPiggybacked { seen.remember(datagram, for: request.seenAs) }
        guard answer(datagram, effects: &effects), type == .confirmable else { return }
        // COAP-0094: its retransmissions know no Leisure.
        _ = remember(datagram, messageID, .response, isRetransmitted: true, at: now, random: &random)
    }

    /// Acknowledges a request that takes longer, sends the answer that was held back, or forgets the request.
    internal mutating func continuePending(
        _ handle: RequestHandle, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) {
        guard let request = pending[handle.number] else { return }
        if request.concludesAt <= now {
            if let answer = request.answer {
                transmitAnswer(
                    to: handle, request, code: answer.code, body: answer.body, at: now, random: &random,
                    effects: &effects)
            } else {
                counters.timeouts += 1
                forget(handle)
            }
        } else {
            pending.update(handle.number) { $0?.acknowledgesAt = nil }
            acknowledge(request, effects: &effects)
            arm(handle)
        }
    }

    /// Sets the one timer of a request to whatever is due first.
    internal mutating func arm(_ handle: RequestHandle) {
        guard let request = pending[handle.number] else { return }
        timers.cancel(request.timer)
        let due = min(request.acknowledgesAt ?? .latest, request.concludesAt)
        let timer = timers.set(.pending(handle), at: due)
        pending.update(handle.number) { $0?.timer = timer }
    }

    @discardableResult
    internal mutating func forget(_ handle: RequestHandle) -> PendingRequest? {
        guard let request = pending.remove(handle.number) else { return nil }
        timers.cancel(request.timer)
        return request
    }
}
