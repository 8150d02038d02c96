internal import Bytes
internal import CoAP

extension RequestServer {
    /// What becomes of a block of a request's body.
    enum BlockOutcome {
        /// The body is whole: it is in the inquiry.
        case complete
        /// To be answered so, and nothing else.
        case answered(Message)
        /// The answer to this very block is on its way.
        case alreadyServed
    }

    /// Takes a request's body, or a block of it (RFC 7959 §2.5).
    mutating func collect(_ inquiry: Inquiry<Verified>, at now: MonotonicInstant) -> BlockOutcome {
        let message = inquiry.received.request
        // COAP-0071: these methods have no body.
        guard message.code != .get, message.code != .delete else { return .complete }
        let longest = inquiry.resource.properties.maximumBody
        guard let block = message.options.block1 else {
            guard message.payload.count <= longest else { return .answered(tooLarge(longest)) }
            inquiry.take(body: message.payload)
            return .complete
        }
        // COAP-0162
        let payload = message.payload
        guard block.isMore ? payload.count == block.size.byteCount : payload.count <= block.size.byteCount else {
            return .answered(ResourceResponse(.badRequest, diagnostic: "payload and block size differ").message)
        }
        let key = inquiry.key
        guard block.number == 0 else { return append(block, to: key, inquiry, at: now) }
        forgetUpload(key)
        let announced = max(payload.count, Int(message.options.size1 ?? 0))
        let keepable = block.isMore ? min(longest, settings.limits.uploads.bytesPerPeer) : longest
        guard announced <= keepable else { return .answered(tooLarge(keepable)) }
        guard block.isMore else {
            inquiry.take(body: payload, block1: block)
            return .complete
        }
        var conditions = Options()
        conditions.ifMatch = message.options.ifMatch
        conditions.ifNoneMatch = message.options.ifNoneMatch
        let upload = Upload(
            body: payload, contentFormat: message.options.contentFormat, conditions: conditions,
            isAuthenticated: inquiry.received.isAuthenticated)
        return keep(upload, key, at: now) ? .answered(goOn(block)) : .answered(noRoom())
    }

    /// Adds a later block to what has come before it.
    private mutating func append(
        _ block: BlockOption, to key: OperationKey, _ inquiry: Inquiry<Verified>, at now: MonotonicInstant
    ) -> BlockOutcome {
        let message = inquiry.received.request
        // COAP-0166
        guard var upload = uploads[key] else { return .answered(incomplete()) }
        let last = Upload.LastBlock(option: block, digest: secrets.digest(message.payload))
        switch upload.phase {
        case .collecting: break
        case .complete(last: last): return .alreadyServed
        case .answered(last: last, let answer): return .answered(answer)
        case .complete, .answered: return .answered(incomplete())
        }
        // COAP-0167
        guard message.options.contentFormat == upload.contentFormat else {
            forgetUpload(key)
            return .answered(incomplete())
        }
        let end = block.offset + message.payload.count
        guard block.offset >= upload.body.count else {
            // A block that is here already: the same again is answered again, another one belongs elsewhere.
            guard block.isMore, end <= upload.body.count,
                upload.body[block.offset..<end].elementsEqual(message.payload)
            else { return .answered(incomplete()) }
            return .answered(goOn(block))
        }
        guard block.offset == upload.body.count else { return .answered(incomplete()) }
        let longest = min(inquiry.resource.properties.maximumBody, settings.limits.uploads.bytesPerPeer)
        guard end <= longest else {
            forgetUpload(key)
            return .answered(tooLarge(longest))
        }
        upload.body += message.payload
        #if GOSC_PLANTED_TRAP
            PlantedTrap.upload.spring(
                if: !block.isMore && message.code == .post, upload.body.count > 32,
                !message.options.requestTags.isEmpty)
        #endif
        if block.isMore { return keep(upload, key, at: now) ? .answered(goOn(block)) : .answered(noRoom()) }
        // The conditions of the first block hold for the whole (COAP-0173).
        inquiry.take(body: upload.body, block1: block, upload: key)
        inquiry.add(conditions: upload.conditions)
        upload.body = []
        upload.phase = .complete(last: last)
        _ = keep(upload, key, at: now)
        return .complete
    }

    /// Remembers what the last block of an upload was answered with.
    mutating func remember(_ answer: Message, for key: OperationKey, at now: MonotonicInstant) {
        guard var upload = uploads[key], case .complete(let last) = upload.phase else { return }
        upload.phase = .answered(last: last, answer: answer)
        _ = keep(upload, key, at: now)
    }

    mutating func forgetUpload(_ key: OperationKey) {
        uploads.remove(key)
        timers.cancel(.upload(key))
    }

    private mutating func keep(_ upload: Upload, _ key: OperationKey, at now: MonotonicInstant) -> Bool {
        let (isKept, evicted) = uploads.set(key, upload)
        for key in evicted { timers.cancel(.upload(key)) }
        counters.evictions += UInt64(evicted.count)
        guard isKept else {
            timers.cancel(.upload(key))
            counters.overload += 1
            return false
        }
        // COAP-0168
        timers.set(.upload(key), at: now.advanced(by: settings.transmission.exchangeLifetime))
        return true
    }

    /// 2.31, with the size of blocks that this server likes better (RFC 7959 §2.3).
    private func goOn(_ block: BlockOption) -> Message {
        var message = Message(code: .continue)
        message.options.block1 = BlockOption(
            number: block.number, isMore: true, size: min(block.size, settings.blockSize))
        return message
    }

    private mutating func incomplete() -> Message {
        counters.incompleteUploads += 1
        return Message(code: .requestEntityIncomplete)
    }

    private func noRoom() -> Message { busy().message }

    private func tooLarge(_ longest: Int) -> Message {
        // COAP-0042
        var message = Message(code: .requestEntityTooLarge)
        message.options.size1 = UInt32(clamping: longest)
        return message
    }
}

extension Inquiry {
    /// Takes the whole body.
    func take(body: [UInt8], block1: BlockOption? = nil, upload: OperationKey? = nil) {
        request = ResourceRequest(
            verified: request.verified, options: request.options, payload: body, path: request.path,
            peer: request.peer)
        self.block1 = block1
        self.upload = upload
    }

    func add(conditions: Options) {
        var options = request.options
        if options.ifMatch.isEmpty { options.ifMatch = conditions.ifMatch }
        options.ifNoneMatch = options.ifNoneMatch || conditions.ifNoneMatch
        request = ResourceRequest(
            verified: request.verified, options: options, payload: request.payload, path: request.path,
            peer: request.peer)
    }
}
