internal import Bytes
internal import CoAP

extension Endpoint {
    /// Takes a request in. One that came in outer blocks is put together before anything else is done with it.
    mutating func receive(
        _ request: IncomingRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [EndpointEffect]
    ) {
        // OSC-0084. Where nothing is protected, the option is an unknown one and the blocks are the resource's.
        guard !protectedServer.resources.isEmpty, request.isProtectedBlock else {
            return serve(request, at: now, random: &random, effects: &effects)
        }
        switch assemble(request, at: now) {
        case .whole(let whole): serve(whole, at: now, random: &random, effects: &effects)
        case .answered(let message):
            answer(request.handle, EncodedMessage(message), after: .zero, at: now, random: &random, effects: &effects)
        case .ignored: staySilent(to: request.handle, effects: &effects)
        }
    }

    private mutating func assemble(_ request: IncomingRequest, at now: MonotonicInstant) -> OuterOutcome {
        var message = request.message
        // COAP-0161
        guard !message.options.hasMalformedBlock else { return refuse(request) }
        let (block1, block2) = (message.options.block1, message.options.block2)
        let isPart = block1.map { $0.isMore || $0.number > 0 } ?? false
        guard !request.path.isMulticast else {
            guard isPart else { return .whole(request) }
            counters.outerBlocks.fromGroup += 1
            return .ignored
        }
        let key = OuterKey(request.path, message)
        if let block2, block2.number > 0 { return .answered(laterBlock(block2, of: key, at: now)) }
        if let block1 {
            guard block1.permits(message.payload) else { return refuse(request) }
            let former = forgetOuterRequest(key)
            switch add(message, block1, to: block1.number == 0 ? nil : former) {
            case .whole(let whole): message = whole
            case .more(let kept):
                keepOuterRequest(key, kept, at: now)
                return .answered(outer.requests[key] == nil ? noOuterRoom() : goOn(block1))
            case .known(let kept):
                keepOuterRequest(key, kept, at: now)
                return .answered(goOn(block1))
            case .gap(let kept):
                if let kept { keepOuterRequest(key, kept, at: now) }
                counters.outerBlocks.incomplete += 1
                return .answered(Message(code: .requestEntityIncomplete))
            case .tooLong:
                counters.outerBlocks.tooLong += 1
                var refusal = Message(code: .requestEntityTooLarge)
                refusal.options.size1 = UInt32(clamping: outer.limit)
                return .answered(refusal)
            }
        }
        outer.wishes.set(
            request.handle.number,
            OuterBlocks.Wish(
                key: key,
                block1: block1.map { BlockOption(number: $0.number, isMore: false, size: $0.size) },
                size: block2.map { min($0.size, outer.settings.blockSize) }))
        guard isPart else { return .whole(request) }
        counters.outerBlocks.requestsCompleted += 1
        return .whole(
            IncomingRequest(
                handle: request.handle, path: request.path, code: request.code, body: message.body,
                token: request.token, type: request.type, byteCount: request.byteCount))
    }

    private enum Addition {
        case whole(Message)
        case more(Message)
        /// It has come before.
        case known(Message)
        case gap(Message?)
        case tooLong
    }

    /// Adds a block to those before it.
    ///
    /// - Parameter former: Without its first block there is nothing.
    private func add(_ message: Message, _ block: BlockOption, to former: Message?) -> Addition {
        var whole: Message
        if let former {
            whole = former
            let end = block.offset + message.payload.count
            if block.isMore, end <= former.payload.count,
                former.payload[block.offset..<end].elementsEqual(message.payload)
            {
                return .known(former)
            }
            guard block.offset == former.payload.count else { return .gap(former) }
            whole.payload += message.payload
        } else {
            guard block.number == 0 else { return .gap(nil) }
            whole = message
            whole.options.removeAll { [.block1, .block2, .size1].contains($0) }
        }
        // OSC-0031, COAP-0182, GOSC-0361: what is announced only ever makes us give up early.
        guard whole.bodyLength <= outer.limit, Int(message.options.size1 ?? 0) <= outer.limit else { return .tooLong }
        return block.isMore ? .more(whole) : .whole(whole)
    }

    private mutating func keepOuterRequest(_ key: OuterKey, _ message: Message, at now: MonotonicInstant) {
        let (isKept, evicted) = outer.requests.set(key, message, byteCount: message.bodyLength)
        for key in evicted { outer.timers.cancel(.request(key)) }
        counters.outerBlocks.evictions += UInt64(evicted.count)
        guard isKept else { return outer.timers.cancel(.request(key)) }
        // COAP-0168
        outer.timers.set(.request(key), at: now.advanced(by: layer.parameters.exchangeLifetime))
    }

    private mutating func forgetOuterRequest(_ key: OuterKey) -> Message? {
        outer.timers.cancel(.request(key))
        return outer.requests.remove(key)
    }

    private mutating func refuse(_ request: IncomingRequest) -> OuterOutcome {
        counters.outerBlocks.malformed += 1
        return request.path.isMulticast ? .ignored : .answered(Message(code: .badRequest))
    }

    /// 2.31, not protected: who makes the blocks has no keys.
    private func goOn(_ block: BlockOption) -> Message {
        var message = Message(code: .continue)
        message.options.block1 = BlockOption(
            number: block.number, isMore: true, size: min(block.size, outer.settings.blockSize))
        return message
    }

    private func noOuterRoom() -> Message {
        var message = Message(code: .serviceUnavailable)
        message.options.maxAge = protectedServer.settings.limits.retryAfter
        return message
    }
}

/// What becomes of a request in outer blocks.
private enum OuterOutcome {
    /// To be verified.
    case whole(IncomingRequest)
    case answered(Message)
    case ignored
}

extension IncomingRequest {
    /// Whether it is protected and has an outer block option. Most have the OSCORE option alone.
    fileprivate var isProtectedBlock: Bool {
        var reader = OptionReader(body.span)
        var isProtected = false
        while (try? reader.advance()) == true {
            switch reader.number {
            case .oscore: isProtected = true
            case .block1, .block2: return isProtected
            default: continue
            }
        }
        return false
    }
}
