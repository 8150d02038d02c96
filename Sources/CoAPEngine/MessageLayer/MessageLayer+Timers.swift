internal import CoAP

extension MessageLayer {
    /// Does what is due: retransmissions, acknowledgements, held-back answers, ends of exchanges.
    ///
    /// To be called at ``nextDeadline`` or later; calling it early does nothing.
    public mutating func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) {
        while let timer = timers.popDue(now) {
            switch timer {
            case .transmission(let messageID): retransmit(messageID, at: now, effects: &effects)
            case .exchange(let id): fail(id, at: now, effects: &effects)
            case .acknowledgement(let handle):
                guard var request = pending[handle] else { continue }
                request.phase = .acknowledged
                pending[handle] = request
                acknowledge(request, effects: &effects)
            case .expiry(let handle):
                counters.timeouts += 1
                forget(handle)
            case .response(let handle):
                guard let request = pending[handle], let answer = request.answer else { continue }
                transmitAnswer(
                    to: handle, request, code: answer.code, body: answer.body, at: now, random: &random,
                    effects: &effects)
            }
        }
    }

    private mutating func retransmit(
        _ messageID: MessageID, at now: MonotonicInstant, effects: inout [MessageLayerEffect]
    ) {
        guard var transmission = transmissions[messageID] else { return }
        guard transmission.retransmissions < parameters.maxRetransmit else {
            transmissions[messageID] = nil
            if let id = transmission.exchange {
                fail(id, at: now, effects: &effects)
            } else {
                counters.timeouts += 1
            }
            return
        }
        // COAP-0047: the same bytes, after twice the time.
        transmission.retransmissions += 1
        transmission.timeout = transmission.timeout * 2
        transmissions[messageID] = transmission
        timers.set(.transmission(messageID), at: now.advanced(by: transmission.timeout))
        counters.retransmissions += 1
        effects.append(.transmit(transmission.datagram))
    }

    private mutating func fail(_ id: ExchangeID, at now: MonotonicInstant, effects: inout [MessageLayerEffect]) {
        guard exchanges[id] != nil else { return }
        counters.timeouts += 1
        end(id, at: now)
        effects.append(.failed(id, .timeout))
    }
}
