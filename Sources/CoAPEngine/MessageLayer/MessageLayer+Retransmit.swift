internal import CoAP

extension MessageLayer {
    /// Keeps a message that acknowledgements and resets may belong to, and has it sent again if it is confirmable.
    internal mutating func remember(
        _ datagram: OutgoingDatagram, _ messageID: MessageID, _ owner: SentMessage.Owner,
        destinationNumber: UInt64? = nil, isRetransmitted: Bool, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> UInt64 {
        let message = SentMessage(
            owner: owner, messageID: messageID, destination: datagram.destination,
            destinationNumber: destinationNumber)
        let number = sent.insert(message)
        sentNumbers[message.id] = number
        guard isRetransmitted else { return number }
        // COAP-0047: the first wait is drawn between ACK_TIMEOUT and ACK_TIMEOUT · ACK_RANDOM_FACTOR.
        let timeout = Int64.random(in: timing.firstTimeout, using: &random)
        let timer = timers.set(.transmission(number), at: now.advanced(byNanoseconds: timeout))
        sent.update(number) {
            $0?.retransmission = Retransmission(datagram: datagram, timeout: timeout, timer: timer)
        }
        retransmitting += 1
        return number
    }

    /// Stops retransmitting. What came back may still be told apart by its Message ID.
    internal mutating func stop(_ number: UInt64) {
        guard let timer = sent.update(number, { $0?.retransmission.take()?.timer }) else { return }
        retransmitting -= 1
        timers.cancel(timer)
    }

    /// Forgets a message.
    internal mutating func forget(_ number: UInt64) {
        stop(number)
        // Its Message ID may belong to another one by now.
        guard let message = sent.remove(number), sentNumbers[message.id] == number else { return }
        sentNumbers[message.id] = nil
    }

    /// Sends a confirmable message again, or gives it up.
    internal mutating func retransmit(
        _ number: UInt64, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [MessageLayerEffect]
    ) {
        guard let message = sent[number], let count = message.retransmission?.count else { return }
        guard count < parameters.maxRetransmit, isRepeated(message) else {
            giveUp(number, message, at: now, effects: &effects)
            return
        }
        if case .notification(let id) = message.owner { renew(id, number, at: now, random: &random) }
        guard var retransmission = sent[number]?.retransmission else { return }
        // COAP-0047: the same bytes, after twice the time.
        retransmission.count += 1
        retransmission.timeout *= 2
        retransmission.timer = timers.set(
            .transmission(number), at: now.advanced(byNanoseconds: retransmission.timeout))
        sent.update(number) { $0?.retransmission = retransmission }
        if let destination = message.destinationNumber {
            let cost = cost(of: retransmission.datagram)
            destinations.update(destination) { $0?.charge(message.messageID, cost: cost, at: now) }
        }
        counters.retransmissions += 1
        effects.append(.transmit(retransmission.datagram))
    }

    private func isRepeated(_ message: SentMessage) -> Bool {
        guard case .notification(let id) = message.owner else { return true }
        return notifications[id.number]?.content.isRetransmitted ?? true
    }

    private mutating func giveUp(
        _ number: UInt64, _ message: SentMessage, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        switch message.owner {
        case .exchange(let exchange):
            if exchanges[exchange.number]?.destination == message.destination {
                fail(exchange, .timeout, at: now, effects: &effects)
            } else {
                // One member of a group is silent, and the group goes on.
                counters.timeouts += 1
                stopExpecting(number, at: now)
            }
        case .response:
            counters.timeouts += 1
            forget(number)
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
