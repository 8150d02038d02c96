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
        guard let route = transmissions.removeValue(forKey: transmission) else { return }
        switch route {
        case .continuation, .closing: return
        case .shared(let id):
            guard operations[id] != nil else { break }
            operations[id]?.shared?.exchange = exchange
            exchanges[exchange] = route
            if !isQueued { begun(exchange, at: now, effects: &effects) }
            return
        case .conversation(let id, let peer):
            guard operations[id]?.members[peer]?.conversation != nil else { break }
            operations[id]?.members[peer]?.conversation?.exchange = exchange
            exchanges[exchange] = route
            if !isQueued { begun(exchange, at: now, effects: &effects) }
            return
        }
        // What it was for is over already.
        effects.append(.endExchange(exchange, rejectsNotifications: false))
    }

    /// Says that a message that was queued has left.
    public mutating func begun(
        _ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [ClientEffect]
    ) {
        switch exchanges[exchange] {
        case .shared(let id):
            guard let operation = operations[id], operation.shared?.leftAt == nil else { return }
            operations[id]?.shared?.leftAt = now
            scheduleRepetition(of: operation, at: now)
            endIfUnanswered(id, exchange, effects: &effects)
        case .conversation(let id, let peer):
            guard operations[id]?.members[peer]?.conversation?.leftAt == nil else { return }
            operations[id]?.members[peer]?.conversation?.leftAt = now
            endIfUnanswered(id, exchange, effects: &effects)
        default: return
        }
    }

    /// Says that a message could not be handed to the message layer.
    public mutating func notOpened(
        _ transmission: TransmissionID, _ failure: OperationFailure = .notSent, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        switch transmissions.removeValue(forKey: transmission) {
        // A registration comes again with the next timer.
        case .continuation, nil: return
        case .closing(let exchange): close(exchange, effects: &effects)
        case .shared(let id):
            guard var operation = operations.removeValue(forKey: id) else { return }
            finish(&operation, .failed(failure), effects: &effects)
        case .conversation(let id, let peer):
            guard var operation = operations.removeValue(forKey: id) else { return }
            let end = lose(&operation, peer, failure, effects: &effects)
            settle(&operation, end, effects: &effects)
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
        let id = TransmissionID(number: nextNumber())
        transmissions[id] = route
        effects.append(.transmit(id, transmission))
    }

    /// Begins a conversation with one peer.
    internal mutating func converse(
        _ operation: inout Operation, with peer: PeerIdentity, about request: Message, echo: [UInt8]? = nil,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        drop(&operation, peer, effects: &effects)
        guard let address = operation.members[peer]?.address else { return }
        var transfer = transfer(of: operation, with: peer, about: request)
        let message: Message
        if let echo {
            counters.challengesAnswered += 1
            message = transfer.begin(answering: echo, tags: &tags, random: &random)
        } else {
            message = transfer.begin(tags: &tags, random: &random)
        }
        operation.members[peer]?.conversation = Conversation(transfer: transfer, source: address)
        send(message, to: peer, operation, effects: &effects)
    }

    /// Sends the next message of a conversation.
    internal mutating func send(
        _ message: Message, to peer: PeerIdentity, _ operation: Operation, effects: inout [ClientEffect]
    ) {
        guard let member = operation.members[peer] else { return }
        transmit(
            ClientTransmission(
                message: message, destination: member.address, peer: peer,
                // What a group is asked once, one member may be asked until it answers.
                reliability: operation.isGroup ? .confirmable : operation.request.reliability,
                expects: .oneResponse, timeout: operation.request.responseTimeout),
            as: .conversation(operation.id, peer), effects: &effects)
    }

    /// Sends the whole request once more, after a time that the server has asked for.
    internal mutating func restart(
        _ operation: inout Operation, random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        let peer = operation.request.peer
        let step = advance(&operation, peer, random: &random) { transfer, tags, random in
            .send(transfer.begin(tags: &tags, random: &random))
        }
        guard case .send(let message) = step else { return }
        send(message, to: peer, operation, effects: &effects)
    }

    internal func transfer(of operation: Operation, with peer: PeerIdentity, about request: Message) -> BodyTransfer {
        BodyTransfer(
            request: request, peer: peer, blockSize: operation.request.blockSize,
            maximumBodyLength: operation.request.maximumBodyLength)
    }

    /// COAP-0188: a request that nobody will answer is over when it has left.
    private mutating func endIfUnanswered(_ id: OperationID, _ exchange: ExchangeID, effects: inout [ClientEffect]) {
        guard var operation = operations[id], operation.request.wantsNoResponse, !operation.request.isObserving else {
            return
        }
        operations[id] = nil
        if operation.request.reliability == .confirmable {
            // The message layer goes on until the acknowledgement, and then lets the exchange run out.
            exchanges[exchange] = nil
            operation.members[operation.request.peer]?.conversation?.exchange = nil
        }
        finish(&operation, .complete, effects: &effects)
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
