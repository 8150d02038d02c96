internal import Bytes
internal import CoAP

extension RequestClient {
    /// Says that a message has been handed to the message layer.
    ///
    /// If what it was for is over, the effects end the exchange again.
    ///
    /// - Parameters:
    ///   - exchange: The new exchange, or the one that it continues.
    ///   - isQueued: Whether it waits for its turn; `begun` comes when it leaves.
    public mutating func opened(
        _ transmission: TransmissionID, as exchange: ExchangeID, isQueued: Bool = false, at now: MonotonicInstant,
        effects: inout [ClientEffect]
    ) {
        guard let route = transmissions.remove(transmission.number) else { return }
        switch route {
        case .continuation, .closing: return
        case .shared(let operation):
            guard !operation.isOver else { break }
            operation.shared?.exchange = exchange
            exchanges.set(exchange.number, route)
            if !isQueued { begun(operation, exchange, at: now, effects: &effects) }
            return
        case .conversation(let operation, let member):
            guard !operation.isOver, member.conversation != nil else { break }
            member.conversation?.exchange = exchange
            exchanges.set(exchange.number, route)
            if !isQueued { begun(operation, member, exchange, at: now, effects: &effects) }
            return
        }
        // What it was for is over already.
        effects.append(.endExchange(exchange, rejectsNotifications: false))
    }

    /// Says that a message that was queued has left.
    public mutating func begun(
        _ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [ClientEffect]
    ) {
        switch exchanges[exchange.number] {
        case .shared(let operation): begun(operation, exchange, at: now, effects: &effects)
        case .conversation(let operation, let member):
            begun(operation, member, exchange, at: now, effects: &effects)
        default: return
        }
    }

    private mutating func begun(
        _ operation: Operation, _ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [ClientEffect]
    ) {
        guard operation.shared?.leftAt == nil else { return }
        operation.shared?.leftAt = now
        scheduleRepetition(of: operation, at: now)
        endIfUnanswered(operation, exchange, effects: &effects)
    }

    private mutating func begun(
        _ operation: Operation, _ member: Member, _ exchange: ExchangeID, at now: MonotonicInstant,
        effects: inout [ClientEffect]
    ) {
        guard member.conversation?.leftAt == nil else { return }
        member.conversation?.leftAt = now
        endIfUnanswered(operation, exchange, effects: &effects)
    }

    /// Says that a message could not be handed to the message layer.
    public mutating func notOpened(
        _ transmission: TransmissionID, _ failure: OperationFailure = .notSent, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        switch transmissions.remove(transmission.number) {
        // A registration comes again with the next timer.
        case .continuation, nil: return
        case .closing(let exchange): close(exchange, effects: &effects)
        case .shared(let operation):
            guard !operation.isOver else { return }
            finish(operation, .failed(failure), effects: &effects)
        case .conversation(let operation, let member):
            guard !operation.isOver else { return }
            settle(operation, lose(operation, member, failure, effects: &effects), effects: &effects)
        }
    }

    internal mutating func transmit(
        _ transmission: ClientTransmission, as route: Route, effects: inout [ClientEffect]
    ) {
        var transmission = transmission
        // COAP-0192, COAP-0193: a value sent ahead goes with the next request to that peer alone, once.
        if !transmission.destination.address.isMulticast, transmission.message.options.echo == nil,
            let value = echoes.take(for: transmission.peer)
        {
            transmission.message.options.echo = value
        }
        effects.append(.transmit(TransmissionID(number: transmissions.insert(route)), transmission))
    }

    /// Begins a conversation with one peer.
    internal mutating func converse(
        _ operation: Operation, with member: Member, about request: Message, echo: [UInt8]? = nil,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        drop(member, effects: &effects)
        var transfer = transfer(of: operation, with: member.peer, about: request)
        let message: Message
        if let echo {
            counters.challengesAnswered += 1
            message = transfer.begin(answering: echo, tags: &tags, random: &random)
        } else {
            message = transfer.begin(tags: &tags, random: &random)
        }
        member.conversation = Conversation(transfer: transfer, source: member.address)
        send(message, to: member, operation, effects: &effects)
    }

    /// Sends the next message of a conversation.
    internal mutating func send(
        _ message: Message, to member: Member, _ operation: Operation, effects: inout [ClientEffect]
    ) {
        transmit(
            ClientTransmission(
                message: message, destination: member.address, peer: member.peer,
                // What a group is asked once, one member may be asked until it answers.
                reliability: operation.isGroup ? .confirmable : operation.request.reliability,
                expects: .oneResponse, timeout: operation.request.responseTimeout),
            as: .conversation(operation, member), effects: &effects)
    }

    /// Sends the whole request once more, after a time that the server has asked for.
    internal mutating func restart(
        _ operation: Operation, random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        guard let member = operation.members[operation.request.peer] else { return }
        let step = advance(member, random: &random) { transfer, tags, random in
            .send(transfer.begin(tags: &tags, random: &random))
        }
        guard case .send(let message) = step else { return }
        send(message, to: member, operation, effects: &effects)
    }

    internal func transfer(of operation: Operation, with peer: PeerIdentity, about request: Message) -> BodyTransfer {
        BodyTransfer(
            request: request, peer: peer, blockSize: operation.request.blockSize,
            maximumBodyLength: operation.request.maximumBodyLength)
    }

    /// COAP-0188: a request that nobody will answer is over when it has left.
    private mutating func endIfUnanswered(
        _ operation: Operation, _ exchange: ExchangeID, effects: inout [ClientEffect]
    ) {
        guard operation.wantsNoResponse, !operation.isObserving else { return }
        if operation.request.reliability == .confirmable {
            // The message layer goes on until the acknowledgement, and then lets the exchange run out.
            exchanges.remove(exchange.number)
            operation.members[operation.request.peer]?.conversation?.exchange = nil
        }
        finish(operation, .complete, effects: &effects)
    }
}

extension ClientTransmission {
    internal init(
        message: Message, destination: SocketAddress, peer: PeerIdentity, reliability: OutgoingRequest.Reliability,
        expects: OutgoingRequest.Expectation
    ) {
        self.init(
            message: message, destination: destination, peer: peer, reliability: reliability, expects: expects,
            timeout: nil, continuing: nil)
    }
}
