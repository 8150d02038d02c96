import CoAPEngine
import GroupOSCORE
import OSCORE

// Messages that come before the keys that they are protected with.
extension NodeEngine {
    /// Keeps a message until the keys are there that it is protected with; `false` if there is no room at all.
    func keepEarly(
        _ kind: HeldMessage.Kind, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) -> Bool {
        let message = HeldMessage(kind)
        let sender = SenderID(message.kid).flatMap { isExpected($0) ? $0 : nil }
        switch renewal.early.keep(message, of: sender, room: configuration.maximumHeldMessages, random: &random) {
        case .kept: return true
        case .keptInPlace(let former):
            counters.heldOverflow += 1
            refuseEarly(former, at: now, effects: &effects)
            return true
        case .refused:
            counters.heldOverflow += 1
            return false
        }
    }

    /// Whether somebody is called so now, or will be under the keys that are being made durable.
    private func isExpected(_ senderID: SenderID) -> Bool {
        guard peers[senderID] == nil else { return true }
        guard case .saving(let keys) = renewal.step else { return false }
        return keys.newcomers.contains { $0.senderID == senderID.bytes }
    }

    private func refuseEarly(_ message: HeldMessage, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        switch message.kind {
        case .request(let request): reject(request, .noContext, at: now, effects: &effects)
        case .response: rejectResponse(.noContext, from: message.source, effects: &effects)
        }
    }

    /// Looks at the messages that waited for new keys.
    func releaseEarly(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        for message in renewal.early.takeAll() {
            switch message.kind {
            case .request(let request): verify(request, mayHold: true, at: now, random: &random, effects: &effects)
            case .response(let exchange, let response):
                takeGroupResponse(
                    response, exchange: exchange, mayHold: true, at: now, random: &random, effects: &effects)
            }
        }
    }
}
