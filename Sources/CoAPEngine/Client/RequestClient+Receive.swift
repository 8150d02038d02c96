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
        guard let route = exchanges[exchange.number] else {
            counters.unexpectedResponses += 1
            return
        }
        let isUsable = isUsable(response.message)
        if !isUsable { counters.unusableResponses += 1 }
        if isUsable, response.message.code != .unauthorized, let value = response.message.options.echo {
            echoes.keep(value, of: response.peer)
        }
        switch route {
        case .shared(let operation):
            let end: OperationEnd?
            if isUsable {
                end = receiveShared(response, operation, at: now, random: &random, effects: &effects)
            } else {
                // One member of a group does not spoil the others.
                end = operation.isGroup ? nil : .failed(.unusableResponse)
            }
            settle(operation, end, effects: &effects)
        case .conversation(let operation, let member):
            exchanges.remove(exchange.number)
            member.conversation?.exchange = nil
            let end: OperationEnd?
            if isUsable {
                end = receive(response, of: member, operation, at: now, random: &random, effects: &effects)
            } else {
                end = lose(operation, member, .unusableResponse, effects: &effects)
            }
            settle(operation, end, effects: &effects)
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
        switch exchanges.remove(exchange.number) {
        case .shared(let operation):
            operation.shared?.exchange = nil
            finish(operation, .failed(OperationFailure(failure)), effects: &effects)
        case .conversation(let operation, let member):
            member.conversation?.exchange = nil
            let end = lose(operation, member, OperationFailure(failure), effects: &effects)
            settle(operation, end, effects: &effects)
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
        _ response: ReceivedResponse, of member: Member, _ operation: Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        guard let isReceivingBlocks = member.conversation?.transfer.isReceivingBlocks else { return nil }
        var message = response.message
        // COAP-0193: a challenge of somebody else is none.
        if response.peer != member.peer { message.options.echo = nil }
        member.conversation?.security = response.security
        if !isReceivingBlocks {
            let latency = member.conversation?.leftAt?.duration(to: now) ?? .zero
            member.conversation?.latency = latency
            member.conversation?.source = response.path.source
        }
        if let delay = noteBackOff(message, of: member.peer, operation, at: now),
            waitOut(delay, message, operation, member, at: now)
        {
            return nil
        }
        let step = advance(member, random: &random) { transfer, tags, random in
            transfer.receive(message, tags: &tags, random: &random)
        }
        return take(step, of: member, operation, at: now, random: &random, effects: &effects)
    }

    /// Lets a transfer take a step and keeps account of the bytes that it holds.
    internal mutating func advance<Random: RandomNumberGenerator>(
        _ member: Member, random: inout Random,
        by step: (inout BodyTransfer, inout RequestTags, inout Random) -> BodyTransfer.Step
    ) -> BodyTransfer.Step {
        // Out of the member, so that the body has one owner and grows in place.
        guard var conversation = member.conversation.take() else { return .failed(.notSent) }
        let held = conversation.transfer.heldBytes
        let challenges = conversation.transfer.challenges
        var result = step(&conversation.transfer, &tags, &random)
        counters.challengesAnswered += UInt64(conversation.transfer.challenges - challenges)
        assembledBytes += conversation.transfer.heldBytes - held
        member.conversation = conversation
        if case .send = result, assembledBytes > settings.assembledBytes { result = .failed(.overloaded) }
        return result
    }

    internal mutating func take(
        _ step: BodyTransfer.Step, of member: Member, _ operation: Operation, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        switch step {
        case .send(let message):
            send(message, to: member, operation, effects: &effects)
            return nil
        case .failed(let failure): return lose(operation, member, failure, effects: &effects)
        case .complete(let message):
            guard let conversation = member.conversation else { return nil }
            let (source, latency, security) = (conversation.source, conversation.latency, conversation.security)
            drop(member, effects: &effects)
            return deliver(
                message, of: member, source: source, latency: latency, security: security, operation, at: now,
                random: &random, effects: &effects)
        }
    }

    /// Hands a whole response over.
    internal mutating func deliver(
        _ message: Message, of member: Member, source: SocketAddress, latency: Duration, security: MessageSecurity,
        _ operation: Operation, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ClientEffect]
    ) -> OperationEnd? {
        guard let message = remember(message, of: member.peer, operation, at: now) else {
            // COAP-0210: it has confirmed something that it is not known to have sent. Ask for the thing itself, once.
            guard !member.hasAskedWithoutETags else {
                return lose(operation, member, .unusableResponse, effects: &effects)
            }
            member.hasAskedWithoutETags = true
            var request = operation.request.message
            request.options.observe = nil
            converse(operation, with: member, about: request, random: &random, effects: &effects)
            return nil
        }
        member.isDone = true
        let response = ClientResponse(
            peer: member.peer, source: source, message: message, latency: latency, isFromCache: false,
            security: security)
        effects.append(.response(operation.id, response))
        return endAfterResponse(of: member, operation)
    }

    /// Gives the response of one peer up.
    internal mutating func lose(
        _ operation: Operation, _ member: Member, _ failure: OperationFailure, effects: inout [ClientEffect]
    ) -> OperationEnd? {
        drop(member, effects: &effects)
        guard operation.isGroup || member.order != nil else { return .failed(failure) }
        member.isDone = true
        effects.append(.responseLost(operation.id, member.peer, failure))
        return endAfterResponse(of: member, operation)
    }

    /// Whether the operation has everything now.
    private func endAfterResponse(of member: Member, _ operation: Operation) -> OperationEnd? {
        guard let group = operation.request.group else {
            // An observation goes on as long as the server notifies.
            return member.order == nil ? .complete : nil
        }
        guard !operation.isObserving else { return nil }
        switch group.completion {
        case .atDeadline: return nil
        case .responders(let count): return operation.members.all.count(where: \.isFinished) >= count ? .complete : nil
        case .roster(let roster):
            return roster.allSatisfy { operation.members[$0]?.isFinished == true } ? .complete : nil
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
        _ delay: Duration, _ message: Message, _ operation: Operation, _ member: Member, at now: MonotonicInstant
    ) -> Bool {
        // COAP-0077
        guard operation.request.retriesWhenUnavailable, operation.shared == nil, message.code == .serviceUnavailable,
            member.conversation?.hasWaited == false, let end = operation.end,
            now.advanced(by: delay) < end
        else { return false }
        member.conversation?.hasWaited = true
        operation.retryTimer = timers.set(.retry(operation.id), at: now.advanced(by: delay))
        return true
    }

    /// Lets the cache see a response; answers what the application gets, or `nil` for a confirmation of nothing known.
    private mutating func remember(
        _ message: Message, of peer: PeerIdentity, _ operation: Operation, at now: MonotonicInstant
    ) -> Message? {
        guard cache != nil else { return message }
        let resource = ResourceKey(peer: peer, options: operation.request.message.options)
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
