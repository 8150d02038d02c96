internal import CoAP

extension RequestClient {
    /// Sets the timer for sending a group request again.
    internal mutating func scheduleRepetition(of operation: Operation, at now: MonotonicInstant) {
        guard let group = operation.request.group, let shared = operation.shared, shared.repeatsLeft > 0 else { return }
        // COAP-0102: before that, an answer may still be held back or under way.
        let wait = (group.leisure ?? settings.leisure) + (group.roundTrip ?? settings.roundTrip)
        operation.repetitionTimer = timers.set(.repetition(operation.id), at: now.advanced(by: wait))
    }

    /// Sends a group request again.
    internal mutating func sendAgain(
        _ operation: Operation, at now: MonotonicInstant, effects: inout [ClientEffect]
    ) {
        guard let exchange = operation.shared?.exchange else { return }
        operation.shared?.repeatsLeft -= 1
        // COAP-0100
        if operation.request.group?.repeatsSameMessage == true {
            effects.append(.repeatRequest(exchange))
            return scheduleRepetition(of: operation, at: now)
        }
        // COAP-0099: a message of its own, so that everyone answers again.
        transmit(
            ClientTransmission(
                message: registration(of: operation, observe: operation.request.message.options.observe),
                destination: operation.request.destination, peer: operation.request.peer,
                reliability: .nonConfirmable, expects: .manyResponses, timeout: nil, continuing: exchange),
            as: .continuation, effects: &effects)
        scheduleRepetition(of: operation, at: now)
    }
}
