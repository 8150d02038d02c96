internal import Bytes
internal import CoAP

extension RequestClient {
    /// Takes a response in. On an exchange for one response it is the last thing to be heard of that exchange.
    public mutating func receive(
        _ response: ReceivedResponse, on exchange: ExchangeID, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        if closings[exchange] != nil {
            receiveWhileClosing(response, on: exchange, effects: &effects)
            return
        }
        guard let route = exchanges[exchange] else {
            counters.unexpectedResponses += 1
            return
        }
        let isUsable = isUsable(response.message)
        if !isUsable { counters.unusableResponses += 1 }
        if isUsable, response.message.code != .unauthorized, let value = response.message.options.echo {
            echoes.keep(value, of: response.peer)
        }
        switch route {
        case .shared(let id):
            guard var operation = operations.removeValue(forKey: id) else { return }
            let end: OperationEnd?
            if isUsable {
                end = receiveShared(response, &operation, at: now, random: &random, effects: &effects)
            } else {
                // One member of a group does not spoil the others.
                end = operation.isGroup ? nil : .failed(.unusableResponse)
            }
            settle(&operation, end, effects: &effects)
        case .conversation(let id, let peer):
            exchanges[exchange] = nil
            guard var operation = operations.removeValue(forKey: id) else { return }
            operation.members[peer]?.conversation?.exchange = nil
            let end: OperationEnd?
            if isUsable {
                end = receive(response, of: peer, &operation, at: now, random: &random, effects: &effects)
            } else {
                end = lose(&operation, peer, .unusableResponse, effects: &effects)
            }
            settle(&operation, end, effects: &effects)
        case .continuation, .closing: counters.unexpectedResponses += 1
        }
    }

    /// Takes the end of an exchange without its response.
    public mutating func failed(
        _ exchange: ExchangeID, _ failure: ExchangeFailure, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) {
        if closings[exchange] != nil {
            close(exchange, effects: &effects)
            return
        }
        switch exchanges.removeValue(forKey: exchange) {
        case .shared(let id):
            guard var operation = operations.removeValue(forKey: id) else { return }
            operation.shared?.exchange = nil
            finish(&operation, .failed(OperationFailure(failure)), effects: &effects)
        case .conversation(let id, let peer):
            guard var operation = operations.removeValue(forKey: id) else { return }
            operation.members[peer]?.conversation?.exchange = nil
            let end = lose(&operation, peer, OperationFailure(failure), effects: &effects)
            settle(&operation, end, effects: &effects)
        case .continuation, .closing, nil: return
        }
    }

    private func isUsable(_ response: Message) -> Bool {
        // COAP-0025, COAP-0161: a block of a size that does not exist must not pass for a whole body.
        response.code.isResponse
            && response.options.firstUnprocessableOption(understood: settings.understoodInResponses) == nil
            && response.options.contains(.block1) == (response.block1 != nil)
            && response.options.contains(.block2) == (response.block2 != nil)
    }

    /// Takes the response to a message of a conversation.
    private mutating func receive(
        _ response: ReceivedResponse, of peer: PeerIdentity, _ operation: inout Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        guard let conversation = operation.members[peer]?.conversation else { return nil }
        var message = response.message
        // COAP-0193: a challenge of somebody else is none.
        if response.peer != peer { message.options.echo = nil }
        if !conversation.transfer.isReceivingBlocks {
            operation.members[peer]?.conversation?.latency = conversation.leftAt?.duration(to: now) ?? .zero
            operation.members[peer]?.conversation?.source = response.path.source
        }
        if let delay = noteBackOff(message, of: peer, operation, at: now),
            waitOut(delay, message, &operation, peer, at: now)
        {
            return nil
        }
        let step = advance(&operation, peer, random: &random) { transfer, tags, random in
            transfer.receive(message, tags: &tags, random: &random)
        }
        return take(step, of: peer, &operation, at: now, random: &random, effects: &effects)
    }

    /// Lets a transfer take a step and keeps account of the bytes that it holds.
    internal mutating func advance<Random: RandomNumberGenerator>(
        _ operation: inout Operation, _ peer: PeerIdentity, random: inout Random,
        by step: (inout BodyTransfer, inout RequestTags, inout Random) -> BodyTransfer.Step
    ) -> BodyTransfer.Step {
        // Out of the table, so that the body has one owner and grows in place.
        guard var conversation = operation.members[peer]?.conversation else { return .failed(.notSent) }
        operation.members[peer]?.conversation = nil
        let held = conversation.transfer.heldBytes
        let challenges = conversation.transfer.challenges
        var result = step(&conversation.transfer, &tags, &random)
        counters.challengesAnswered += UInt64(conversation.transfer.challenges - challenges)
        assembledBytes += conversation.transfer.heldBytes - held
        operation.members[peer]?.conversation = conversation
        if case .send = result, assembledBytes > settings.assembledBytes { result = .failed(.overloaded) }
        return result
    }

    internal mutating func take(
        _ step: BodyTransfer.Step, of peer: PeerIdentity, _ operation: inout Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        switch step {
        case .send(let message):
            send(message, to: peer, operation, effects: &effects)
            return nil
        case .failed(let failure): return lose(&operation, peer, failure, effects: &effects)
        case .complete(let message):
            guard let conversation = operation.members[peer]?.conversation else { return nil }
            drop(&operation, peer, effects: &effects)
            return deliver(
                message, of: peer, source: conversation.source, latency: conversation.latency, &operation, at: now,
                random: &random, effects: &effects)
        }
    }

    /// Hands a whole response over.
    internal mutating func deliver(
        _ message: Message, of peer: PeerIdentity, source: SocketAddress, latency: Duration,
        _ operation: inout Operation, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ClientEffect]
    ) -> OperationEnd? {
        guard let message = remember(message, of: peer, operation, at: now) else {
            // COAP-0210: it has confirmed something that it is not known to have sent. Ask for the thing itself, once.
            guard operation.members[peer]?.hasAskedWithoutETags == false else {
                return lose(&operation, peer, .unusableResponse, effects: &effects)
            }
            operation.members[peer]?.hasAskedWithoutETags = true
            var request = operation.request.message
            request.options.observe = nil
            converse(&operation, with: peer, about: request, random: &random, effects: &effects)
            return nil
        }
        operation.members[peer]?.isDone = true
        let response = ClientResponse(
            peer: peer, source: source, message: message, latency: latency, isFromCache: false)
        effects.append(.response(operation.id, response))
        return endAfterResponse(of: peer, operation)
    }

    /// Gives the response of one peer up.
    internal mutating func lose(
        _ operation: inout Operation, _ peer: PeerIdentity, _ failure: OperationFailure,
        effects: inout [ClientEffect]
    ) -> OperationEnd? {
        drop(&operation, peer, effects: &effects)
        guard operation.isGroup || operation.members[peer]?.order != nil else { return .failed(failure) }
        operation.members[peer]?.isDone = true
        effects.append(.responseLost(operation.id, peer, failure))
        return endAfterResponse(of: peer, operation)
    }

    /// Whether the operation has everything now.
    private func endAfterResponse(of peer: PeerIdentity, _ operation: Operation) -> OperationEnd? {
        guard let group = operation.request.group else {
            // An observation goes on as long as the server notifies.
            return operation.members[peer]?.order == nil ? .complete : nil
        }
        guard !operation.request.isObserving else { return nil }
        switch group.completion {
        case .atDeadline: return nil
        case .responders(let count):
            return operation.members.all.count { $0.value.isDone && $0.value.conversation == nil } >= count
                ? .complete : nil
        case .roster(let roster):
            let isWhole = roster.allSatisfy {
                operation.members[$0].map { $0.isDone && $0.conversation == nil } ?? false
            }
            return isWhole ? .complete : nil
        }
    }

    /// Notes that a server wants to be spared, and for how long.
    internal mutating func noteBackOff(
        _ message: Message, of peer: PeerIdentity, _ operation: Operation, at now: MonotonicInstant
    ) -> Duration? {
        guard let delay = backOffs.delay(asked: message) else { return nil }
        backOffs.note(delay, for: operation.request.backOffKey(for: peer), at: now)
        return delay
    }

    /// Whether a 5.03 is waited out.
    private mutating func waitOut(
        _ delay: Duration, _ message: Message, _ operation: inout Operation, _ peer: PeerIdentity,
        at now: MonotonicInstant
    ) -> Bool {
        // COAP-0077
        guard operation.request.retriesWhenUnavailable, operation.shared == nil, message.code == .serviceUnavailable,
            operation.members[peer]?.conversation?.hasWaited == false, let end = operation.end,
            now.advanced(by: delay) < end
        else { return false }
        operation.members[peer]?.conversation?.hasWaited = true
        timers.set(.retry(operation.id), at: now.advanced(by: delay))
        return true
    }

    /// Lets the cache see a response; answers what the application gets, or `nil` for a confirmation of nothing known.
    private mutating func remember(
        _ message: Message, of peer: PeerIdentity, _ operation: Operation, at now: MonotonicInstant
    ) -> Message? {
        guard cache != nil else { return message }
        let options = operation.request.message.options
        let resource = ResourceKey(peer: peer, options: options)
        guard let key = operation.cacheKey else {
            // What was stored of the resource may be out of date now.
            if !operation.request.isSafe, message.code.isSuccess { cache?.invalidate(resource, at: now) }
            return message
        }
        guard message.code == .valid else {
            var stored = message
            stored.options.observe = nil
            cache?.store(stored, for: key, of: peer, resource: resource, at: now)
            return message
        }
        if var stored = cache?.validate(message, for: key, of: peer, at: now) {
            counters.validated += 1
            stored.options.observe = message.options.observe
            return stored
        }
        // The application knows what its own ETags stand for.
        return operation.offeredETags.isEmpty ? message : nil
    }
}
