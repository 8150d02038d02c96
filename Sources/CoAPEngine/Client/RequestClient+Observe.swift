internal import Bytes
internal import CoAP

extension RequestClient {
    /// A cancelled observation that is kept open until everyone has heard of it.
    internal struct Closing {
        let request: ClientTransmission
        let timer: TimerID
        let isGroup: Bool
        /// Members that were told by unicast.
        var told: Set<PeerIdentity> = []
    }

    /// Takes note of a notification, or of the end of them. Answers whether it is the newest of this peer.
    internal mutating func order(
        _ message: Message, of member: Member, _ operation: Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) -> Bool {
        guard message.code.isSuccess, let number = message.options.observe else {
            // RFC 7641 §4.2: an error, or an answer without the option, says that none will follow.
            member.order = nil
            timers.cancel(member.refreshTimer)
            return true
        }
        if case .endpoint = member.peer, var order = member.order {
            // COAP-0142. A protection lets only newer ones through, and by another number: the first notification may
            // have none, and the next number 0 (RFC 8613 §7.4.1).
            guard order.advance(to: number, at: now) else { return false }
            member.order = order
        } else {
            member.order = NotificationOrder(number, at: now)
        }
        member.hasAnsweredChallenge = false
        member.hasAskedWithoutETags = false
        member.maxAge = .seconds(Int64(message.options.maxAge ?? 60))
        // The server has accepted: from now on it is the application that ends it.
        operation.end = nil
        timers.cancel(operation.deadlineTimer)
        scheduleRefresh(operation, member, at: now, random: &random)
        return true
    }

    private mutating func scheduleRefresh(
        _ operation: Operation, _ member: Member, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) {
        // COAP-0146
        let spread = Duration.nanoseconds(Int64.random(in: 5_000_000_000...15_000_000_000, using: &random))
        timers.cancel(member.refreshTimer)
        member.refreshTimer = timers.set(
            .refresh(operation.id, member: member.number), at: now.advanced(by: member.maxAge).advanced(by: spread))
    }

    /// Registers again at one peer, with the token that the observation has.
    internal mutating func register(
        _ operation: Operation, at member: Member, echo: [UInt8]?, now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        guard let exchange = operation.shared?.exchange else { return }
        var message = registration(of: operation, observe: 0)
        if let echo { message.options.echo = echo }
        // COAP-0154: to a member of a group by unicast, which may be confirmable.
        transmit(
            ClientTransmission(
                message: message, destination: member.address, peer: member.peer,
                reliability: operation.isGroup ? .confirmable : operation.request.reliability,
                expects: .manyResponses, timeout: nil, continuing: exchange),
            as: .continuation, effects: &effects)
        if member.order != nil { scheduleRefresh(operation, member, at: now, random: &random) }
    }

    /// Tells the server, or the group, that an observation is over, and keeps its exchange until they have heard.
    internal mutating func deregister(
        _ operation: Operation, at now: MonotonicInstant, effects: inout [ClientEffect]
    ) {
        guard let exchange = operation.shared?.exchange else { return }
        operation.shared?.exchange = nil
        exchanges.remove(exchange.number)
        if closings.count >= settings.operations, let other = closings.keys.min(by: { $0.number < $1.number }) {
            close(other, effects: &effects)
        }
        // COAP-0147, COAP-0155
        let request = ClientTransmission(
            message: registration(of: operation, observe: 1), destination: operation.request.destination,
            peer: operation.request.peer, reliability: operation.request.reliability, expects: .manyResponses,
            timeout: nil, continuing: exchange)
        let timer = timers.set(.closing(exchange), at: now.advanced(by: settings.cancellationWait))
        closings[exchange] = Closing(request: request, timer: timer, isGroup: operation.isGroup)
        transmit(request, as: .closing(exchange), effects: &effects)
    }

    /// Takes a response on the exchange of a cancelled observation.
    internal mutating func receiveWhileClosing(
        _ response: ReceivedResponse, on exchange: ExchangeID, effects: inout [ClientEffect]
    ) {
        guard let closing = closings[exchange] else { return }
        let isNotification = response.message.code.isSuccess && response.message.options.observe != nil
        guard closing.isGroup else {
            // A notification may have crossed the cancellation; its answer has no Observe option.
            if !isNotification { close(exchange, effects: &effects) }
            return
        }
        // COAP-0155: whoever still notifies has missed it and is told by itself, once.
        guard isNotification, closing.told.count < settings.respondersPerGroup,
            closings[exchange]?.told.insert(response.peer).inserted == true
        else { return }
        var request = closing.request
        request.destination = response.path.answerDestination
        request.peer = response.peer
        request.reliability = .confirmable
        transmit(request, as: .continuation, effects: &effects)
    }

    /// Ends the exchange of a cancelled observation; what still comes on it is rejected.
    internal mutating func close(_ exchange: ExchangeID, effects: inout [ClientEffect]) {
        guard let closing = closings.removeValue(forKey: exchange) else { return }
        timers.cancel(closing.timer)
        // COAP-0147
        effects.append(.endExchange(exchange, rejectsNotifications: true))
    }
}
