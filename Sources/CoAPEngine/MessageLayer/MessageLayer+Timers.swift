internal import CoAP

extension MessageLayer {
    /// Does what is due: retransmissions, acknowledgements, held-back answers, requests whose turn has come, ends of
    /// exchanges.
    ///
    /// To be called at ``nextDeadline`` or later; calling it early does nothing.
    public mutating func handleTimers(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [MessageLayerEffect]
    ) {
        latestInput = now
        while let timer = timers.popDue(now) {
            switch timer {
            case .transmission(let id): retransmit(id, at: now, random: &random, effects: &effects)
            case .exchange(let id): fail(id, .timeout, at: now, effects: &effects)
            case .pending(let handle): continuePending(handle, at: now, random: &random, effects: &effects)
            case .destination(let number): dispatch(number, at: now, random: &random, effects: &effects)
            case .notification(let id): beginLater(id, at: now, random: &random, effects: &effects)
            }
        }
    }
}
