internal import CoAP

extension MessageLayer {
    /// Begins waiting for the acknowledgement of a confirmable message that stands in ``sent``.
    internal mutating func start(
        _ datagram: OutgoingDatagram, messageID: MessageID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) {
        // COAP-0047: the first wait is drawn between ACK_TIMEOUT and ACK_TIMEOUT · ACK_RANDOM_FACTOR.
        let shortest = parameters.ackTimeout.saturatedNanoseconds
        let longest = max(shortest, (parameters.ackTimeout * parameters.ackRandomFactor).saturatedNanoseconds)
        let timeout = Duration.nanoseconds(Int64.random(in: shortest...longest, using: &random))
        let id = SentID(messageID, datagram.destination)
        let timer = timers.set(.transmission(id), at: now.advanced(by: timeout))
        sent[id]?.retransmission = Retransmission(datagram: datagram, timeout: timeout, timer: timer)
        retransmitting += 1
    }

    /// Stops retransmitting. What came back may still be told apart by its Message ID.
    internal mutating func stop(_ id: SentID) {
        guard let retransmission = sent[id]?.retransmission else { return }
        sent[id]?.retransmission = nil
        retransmitting -= 1
        timers.cancel(retransmission.timer)
    }

    /// Forgets a message, unless its Message ID belongs to another one by now.
    internal mutating func forget(_ id: SentID, of owner: SentMessage.Owner) {
        guard sent[id]?.owner == owner else { return }
        stop(id)
        sent[id] = nil
    }

    /// Sends a confirmable message again, or gives it up.
    internal mutating func retransmit(
        _ id: SentID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) {
        guard let message = sent[id], let count = message.retransmission?.count else { return }
        guard count < parameters.maxRetransmit else {
            giveUp(id, message, at: now, effects: &effects)
            return
        }
        var id = id
        if case .notification(let notification) = message.owner {
            id = renew(notification, id, at: now, random: &random)
        }
        guard var retransmission = sent[id]?.retransmission else { return }
        // COAP-0047: the same bytes, after twice the time.
        retransmission.count += 1
        retransmission.timeout = retransmission.timeout * 2
        retransmission.timer = timers.set(.transmission(id), at: now.advanced(by: retransmission.timeout))
        sent[id]?.retransmission = retransmission
        if let number = message.destinationNumber {
            let cost = cost(of: retransmission.datagram)
            destinations[number]?.charge(id.messageID, cost: cost, at: now)
        }
        counters.retransmissions += 1
        effects.append(.transmit(retransmission.datagram))
    }

    private mutating func giveUp(
        _ id: SentID, _ message: SentMessage, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        switch message.owner {
        case .exchange(let exchange):
            if exchanges[exchange.number]?.destination == message.destination {
                fail(exchange, .timeout, at: now, effects: &effects)
            } else {
                // One member of a group is silent, and the group goes on.
                counters.timeouts += 1
                stopExpecting(id, of: exchange, at: now)
            }
        case .response:
            counters.timeouts += 1
            forget(id, of: .response)
        case .notification(let notification):
            counters.timeouts += 1
            conclude(notification, .timeout, effects: &effects)
        }
    }

    internal mutating func fail(
        _ id: ExchangeID, _ failure: ExchangeFailure, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        guard exchanges[id.number] != nil else { return }
        if failure == .timeout { counters.timeouts += 1 }
        end(id, at: now)
        effects.append(.failed(id, failure))
    }
}
