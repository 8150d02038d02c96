internal import CoAP

extension Endpoint {
    // RFC 8613 leaves outer blocks of a response to RFC 7959: whoever asks for blocks, a proxy or a client, gets them, and
    // nobody else does, because what we send without being asked is cut before it is protected (OSC-0030).
    /// An answer as the blocks of its request want it.
    mutating func cut(
        _ response: EncodedMessage, answering handle: RequestHandle, at now: MonotonicInstant
    ) -> EncodedMessage {
        guard let wish = outer.wishes.remove(handle.number) else { return response }
        var answer = cut(response, for: wish, at: now)
        guard let block1 = wish.block1, var message = try? Message(answer) else { return answer }
        message.options.block1 = block1
        answer = EncodedMessage(message)
        return answer
    }

    /// The first block of an answer or notification, which is kept whole for the others: a message is protected once.
    mutating func cut(
        _ response: EncodedMessage, for wish: OuterBlocks.Wish?, at now: MonotonicInstant
    ) -> EncodedMessage {
        guard let wish, let size = wish.size, var message = try? Message(response),
            message.options.contains(.oscore), message.payload.count > size.byteCount
        else { return response }
        var kept = message
        // RFC 7959 §2.6: the first block is the notification, the others are answers to requests without Observe.
        kept.options.remove(.observe)
        let (isKept, evicted) = outer.answers.set(
            wish.key, OuterBlocks.Answer(kept), byteCount: kept.bodyLength)
        for key in evicted { outer.timers.cancel(.answer(key)) }
        counters.outerBlocks.evictions += UInt64(evicted.count)
        guard isKept else { return response }
        outer.timers.set(.answer(wish.key), at: now.advanced(by: layer.parameters.exchangeLifetime))
        counters.outerBlocks.answersCut += 1
        message.options.size2 = UInt32(clamping: message.payload.count)
        message.take(BlockOption(number: 0, isMore: false, size: size))
        return EncodedMessage(message)
    }

    /// Answers a request for a block after the first.
    mutating func laterBlock(_ asked: BlockOption, of key: OuterKey, at now: MonotonicInstant) -> Message {
        guard let kept = outer.answers[key] else {
            counters.outerBlocks.incomplete += 1
            return Message(code: .requestEntityIncomplete)
        }
        var answer = kept.message
        // COAP-0163: in what size the rest is wanted is up to who asks; where it begins is said in bytes.
        let size = min(asked.size, outer.settings.blockSize)
        guard asked.offset < answer.payload.count,
            let number = UInt32(exactly: asked.offset / size.byteCount), number <= BlockOption.maximumNumber
        else {
            counters.outerBlocks.malformed += 1
            return Message(code: .badRequest)
        }
        answer.take(BlockOption(number: number, isMore: false, size: size))
        // COAP-0196: one verified request does not make a source of answers to an address that may be forged.
        guard answer.payload.count <= kept.allowance else {
            outer.answers.remove(key)
            outer.timers.cancel(.answer(key))
            counters.outerBlocks.exhausted += 1
            return Message(code: .requestEntityIncomplete)
        }
        outer.answers.update(key) { $0.allowance -= answer.payload.count }
        outer.timers.set(.answer(key), at: now.advanced(by: layer.parameters.exchangeLifetime))
        return answer
    }
}

extension Message {
    init(_ message: EncodedMessage) throws(CoAPFormatError) {
        try self.init(code: message.code, body: message.body.span)
    }

    /// Leaves one block of the payload, which begins within it.
    fileprivate mutating func take(_ block: BlockOption) {
        let end = min(block.offset + block.size.byteCount, payload.count)
        options.block2 = BlockOption(number: block.number, isMore: end < payload.count, size: block.size)
        payload = Array(payload[block.offset..<end])
    }
}
