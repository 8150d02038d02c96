internal import CoAP

extension RequestServer {
    /// Turns what a handler answered into what the client gets.
    mutating func finish(
        _ inquiry: Inquiry<Verified>, _ response: ResourceResponse, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) {
        let answer = properAnswer(response, to: inquiry.request.code, of: inquiry.resource.properties)
        var message = validated(answer, for: inquiry.request).message
        var observation: Observation<Verified>?
        if inquiry.observing == .register {
            if answer.code.isSuccess {
                observation = prospect(inquiry, contentFormat: answer.options.contentFormat, at: now)
            } else {
                // COAP-0139: what was registered before is over, too.
                deregister(inquiry, effects: &effects)
            }
        }
        message.options.observe = observation?.nextSequence(at: now)
        conclude(inquiry, message, observation, random: &random, at: now, effects: &effects)
        // What changes a resource by way of this server is known here.
        if !inquiry.isSafe, answer.code.isSuccess, inquiry.resource.properties.isObservable {
            resourceChanged(inquiry.request.options.uriPath, at: now, random: &random, effects: &effects)
        }
        if inquiry.hasChangedMeanwhile, let id = observation?.id {
            stateChanged(id, at: now, random: &random, effects: &effects)
        }
    }

    /// Refuses a request that has not come as far as a resource.
    mutating func refuse(
        _ request: ReceivedRequest<Verified>, _ response: ResourceResponse, _ resource: Resource<Verified>?,
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ServerEffect<Verified>]
    ) {
        let policy = resource?.properties.groupPolicy ?? GroupResponsePolicy()
        let isAnswered =
            !(request.path.isMulticast && resource == nil)
            && isWanted(response.message, request, policy, isObserved: false)
        guard isAnswered, let delay = delay(for: request.path, at: now, random: &random) else {
            return keepBack(request, effects: &effects)
        }
        effects.append(.respond(request.handle, response.message, after: delay))
    }

    /// Sends an answer: the part of it that fits, when it may go, if it is wanted at all.
    ///
    /// - Parameter observation: What the answer begins, if it does.
    mutating func conclude(
        _ inquiry: Inquiry<Verified>, _ answer: Message, _ observation: Observation<Verified>? = nil,
        isKept: Bool = false, random: inout some RandomNumberGenerator, at now: MonotonicInstant,
        effects: inout [ServerEffect<Verified>]
    ) {
        let received = inquiry.received
        var answer = answer
        if let block = inquiry.block1 { answer.options.block1 = block.concluded }
        let isWanted = isWanted(
            answer, received, inquiry.resource.properties.groupPolicy, isObserved: observation != nil)
        guard isWanted else {
            if let observation { register(observation, answering: received.handle, at: now, effects: &effects) }
            if let upload = inquiry.upload { remember(answer, for: upload, at: now) }
            return keepBack(received, effects: &effects)
        }
        guard let message = cut(answer, for: inquiry, isKept: isKept, at: now) else {
            guard !inquiry.isGroup || received.isAuthenticated && inquiry.isRepeatable else {
                return keepBack(received, effects: &effects)
            }
            // What has acted already says so; what has not can be asked again.
            guard inquiry.isRepeatable else {
                let bare = Message(code: answer.code)
                if let upload = inquiry.upload { remember(bare, for: upload, at: now) }
                effects.append(.respond(received.handle, bare, after: .zero))
                return
            }
            return challenge(received, at: now, random: &random, effects: &effects)
        }
        // The block that was asked for is none, and that is another answer.
        guard message.code == answer.code else {
            return conclude(inquiry, message, random: &random, at: now, effects: &effects)
        }
        guard let delay = delay(for: received.path, at: now, random: &random) else {
            return keepBack(received, effects: &effects)
        }
        if inquiry.isGroup, answer.payload.count > settings.largeGroupAnswer { counters.largeGroupAnswers += 1 }
        if let observation { register(observation, answering: received.handle, at: now, effects: &effects) }
        if let upload = inquiry.upload { remember(message, for: upload, at: now) }
        effects.append(.respond(received.handle, message, after: delay))
    }

    /// Answers a request for a later block from the representation that the first block came from.
    ///
    /// - Returns: Whether the request is done with; if not, the handler is asked, whose representation may be another
    ///   one: the client sees that by the ETag.
    mutating func laterBlock(
        _ inquiry: Inquiry<Verified>, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [ServerEffect<Verified>]
    ) -> Bool {
        let message = inquiry.received.request
        // While the request's own body comes in blocks there is no answer to have a block of.
        guard message.options.block1 == nil else { return false }
        if let snapshot = snapshots[inquiry.key],
            inquiry.isBodyless || snapshot.requestDigest == secrets.digest(message.payload)
        {
            timers.set(.snapshot(inquiry.key), at: now.advanced(by: settings.transmission.exchangeLifetime))
            conclude(inquiry, snapshot.answer, isKept: true, random: &random, at: now, effects: &effects)
            return true
        }
        if message.code == .get || message.code == .fetch && !message.payload.isEmpty { return false }
        // COAP-0171: asking again would act again.
        counters.incompleteUploads += 1
        let refusal = Message(code: .requestEntityIncomplete)
        conclude(inquiry, refusal, random: &random, at: now, effects: &effects)
        return true
    }

    /// The block of an answer that goes out; `nil` if there is none of permitted length.
    private mutating func cut(
        _ answer: Message, for inquiry: Inquiry<Verified>, isKept: Bool, at now: MonotonicInstant
    ) -> Message? {
        let options = inquiry.received.request.options
        let mayShrink = !inquiry.isRepeatable || !prefersChallenge(inquiry.received)
        let cutter = BlockCutter(
            // Errors and intermediate answers are not cut to what was asked of the answer proper.
            asked: answer.code.isSuccess && answer.code != .continue ? options.block2 : nil,
            limit: settings.blockSize, wantsSize: options.size2 != nil,
            budget: inquiry.budget.map { $0 - 4 - inquiry.received.token.count }, mayShrink: mayShrink)
        // COAP-0177: a group gets the first block, too, whether it asked for blocks or not.
        switch cutter.cut(answer, eTag: secrets.eTag) {
        case .whole(let message): return message
        case .block(let message, let isMore):
            if isMore, !isKept {
                keepSnapshot(
                    answer, inquiry.key, body: inquiry.request.payload,
                    isProven: inquiry.received.isAuthenticated || inquiry.budget == nil, at: now)
            }
            return message
        case .outOfRange: return ResourceResponse(.badRequest, diagnostic: "no such block").message
        case .tooLong: return nil
        }
    }

    mutating func keepSnapshot(
        _ answer: Message, _ key: OperationKey, body: [UInt8], isProven: Bool, at now: MonotonicInstant
    ) {
        var answer = answer
        answer.options.remove(.observe)
        answer.options.remove(.block1)
        if answer.options.eTag == nil, answer.code.isSuccess { answer.options.eTag = secrets.eTag(answer) }
        let evicted = snapshots.set(
            key,
            Snapshot(
                answer: answer, requestDigest: body.isEmpty ? nil : secrets.digest(body), isProven: isProven))
        for key in evicted { timers.cancel(.snapshot(key)) }
        counters.evictions += UInt64(evicted.count)
        guard snapshots[key] != nil else { return timers.cancel(.snapshot(key)) }
        timers.set(.snapshot(key), at: now.advanced(by: settings.transmission.exchangeLifetime))
    }

    private mutating func keepBack(_ request: ReceivedRequest<Verified>, effects: inout [ServerEffect<Verified>]) {
        counters.suppressed += 1
        effects.append(.staySilent(request.handle))
    }
}

extension Inquiry {
    /// Whether a client may be told to ask again: nothing has been done, and the answer goes out as soon as it may.
    var isRepeatable: Bool { isSafe && block1 == nil && (!isDeferred || isGroup) }

    /// Whether the message has no payload of its own.
    var isBodyless: Bool { request.code == .get || received.request.payload.isEmpty }
}

extension BlockOption {
    /// The last block, as the answer names it.
    fileprivate var concluded: Self { Self(number: number, isMore: false, size: size) }
}
