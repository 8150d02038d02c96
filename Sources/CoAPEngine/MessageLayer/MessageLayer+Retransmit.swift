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
        let timer = timers.set(.transmission(messageID), at: now.advanced(by: timeout))
        sent[messageID]?.retransmission = Retransmission(datagram: datagram, timeout: timeout, timer: timer)
        retransmitting += 1
    }

    /// Stops retransmitting. What came back may still be told apart by its Message ID.
    internal mutating func stop(_ messageID: MessageID) {
        guard let retransmission = sent[messageID]?.retransmission else { return }
        sent[messageID]?.retransmission = nil
        retransmitting -= 1
        timers.cancel(retransmission.timer)
    }

    /// Forgets a message, unless its Message ID belongs to another one by now.
    internal mutating func forget(_ messageID: MessageID, of owner: SentMessage.Owner) {
        guard sent[messageID]?.owner == owner else { return }
        stop(messageID)
        sent[messageID] = nil
    }

    /// Sends a confirmable message again, or gives it up.
    internal mutating func retransmit(
        _ messageID: MessageID, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) {
        guard let message = sent[messageID], let count = message.retransmission?.count else { return }
        guard count < parameters.maxRetransmit else {
            giveUp(messageID, message, at: now, effects: &effects)
            return
        }
        var messageID = messageID
        if case .notification(let id) = message.owner { messageID = renew(id, messageID, at: now, random: &random) }
        guard var retransmission = sent[messageID]?.retransmission else { return }
        // COAP-0047: the same bytes, after twice the time.
        retransmission.count += 1
        retransmission.timeout = retransmission.timeout * 2
        retransmission.timer = timers.set(.transmission(messageID), at: now.advanced(by: retransmission.timeout))
        sent[messageID]?.retransmission = retransmission
        if let number = message.destinationNumber {
            let cost = cost(of: retransmission.datagram)
            destinations[number]?.charge(messageID, cost: cost, at: now)
        }
        counters.retransmissions += 1
        effects.append(.transmit(retransmission.datagram))
    }

    private mutating func giveUp(
        _ messageID: MessageID, _ message: SentMessage, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        switch message.owner {
        case .exchange(let id):
            if exchanges[id.number]?.destination == message.destination {
                fail(id, .timeout, at: now, effects: &effects)
            } else {
                // One member of a group is silent, and the group goes on.
                counters.timeouts += 1
                stopExpecting(messageID, of: id, at: now)
            }
        case .response:
            counters.timeouts += 1
            forget(messageID, of: .response)
        case .notification(let id):
            counters.timeouts += 1
            conclude(id, .timeout, effects: &effects)
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
