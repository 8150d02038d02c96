internal import CoAP

extension RequestClient {
    /// Sets the timer for sending a group request again.
    internal mutating func scheduleRepetition(of operation: Operation, at now: MonotonicInstant) {
        guard let group = operation.request.group, let shared = operation.shared, shared.repeatsLeft > 0 else { return }
        // COAP-0102: before that, an answer may still be held back or under way.
        let wait = (group.leisure ?? settings.leisure) + (group.roundTrip ?? settings.roundTrip)
        timers.set(.repetition(operation.id), at: now.advanced(by: wait))
    }

    /// Sends a group request again.
    internal mutating func sendAgain(_ id: OperationID, at now: MonotonicInstant, effects: inout [ClientEffect]) {
        guard let operation = operations[id], let shared = operation.shared, shared.repeatsLeft > 0,
            let exchange = shared.exchange
        else { return }
        operations[id]?.shared?.repeatsLeft -= 1
        // COAP-0099: everyone answers again.
        effects.append(.sendAgain(exchange, newMessageID: true))
        if let operation = operations[id] { scheduleRepetition(of: operation, at: now) }
    }
}
