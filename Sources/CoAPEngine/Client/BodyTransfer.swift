internal import CoAP

/// One request and its response between this client and one peer, in as many messages as it takes: challenge, upload,
/// download (RFC 7959 §2.7, RFC 9175 §2 and §3). Strictly one message after the other.
internal struct BodyTransfer: Sendable {
    enum Step: Hashable, Sendable {
        /// Send this next.
        case send(Message)
        /// The response, whole.
        case complete(Message)
        case failed(OperationFailure)
    }

    private enum Phase: Sendable {
        case whole
        case upload(BlockUpload)
        case download(BlockDownload)
    }

    private var request: Message
    private let peer: PeerIdentity
    private let blockSize: BlockSize
    private let maximumBodyLength: Int
    private var phase = Phase.whole
    /// The Request-Tag of the upload.
    private var tag: RequestTags.Tag?
    private var isTagOpen = false
    private var isUploadAnswered = false
    private var hasUploaded = false
    /// The value of the last challenge, which goes with all further messages to the same peer.
    private var echo: [UInt8]?
    /// Whether the message that was sent last answers a challenge.
    private var hasAnsweredChallenge = false
    private var restartsLeft = 2
    private var hasStartedAnew = false
    private(set) var challenges = 0

    /// Nothing is sent yet.
    ///
    /// - Parameter request: With the whole body and without Observe, which belongs to the exchange that many responses
    ///   come by.
    init(request: Message, peer: PeerIdentity, blockSize: BlockSize, maximumBodyLength: Int) {
        self.request = request
        self.peer = peer
        self.blockSize = blockSize
        self.maximumBodyLength = maximumBodyLength
    }

    /// What uploads are told apart for.
    private var resource: ResourceKey { ResourceKey(peer: peer, options: request.options) }

    /// Bytes of the body so far.
    var heldBytes: Int {
        guard case .download(let download) = phase else { return 0 }
        return download.heldBytes
    }

    /// Whether the response has begun.
    var isReceivingBlocks: Bool {
        guard case .download = phase else { return false }
        return true
    }

    /// The ETag of the body that is being put together.
    var eTag: [UInt8]? {
        guard case .download(let download) = phase else { return nil }
        return download.eTag
    }

    /// Begins, or begins again.
    mutating func begin(tags: inout RequestTags, random: inout some RandomNumberGenerator) -> Message {
        if needsBlocks {
            upload(in: uploadSize, tags: &tags, random: &random)
        } else {
            phase = .whole
        }
        return message
    }

    /// Begins with the value of a challenge that the peer has sent by another exchange.
    mutating func begin(
        answering echo: [UInt8], tags: inout RequestTags, random: inout some RandomNumberGenerator
    ) -> Message {
        self.echo = echo
        hasAnsweredChallenge = true
        challenges += 1
        return begin(tags: &tags, random: &random)
    }

    /// Takes a response that has come by another exchange; what is missing is to be fetched by this one.
    mutating func resume(
        after response: Message, tags: inout RequestTags, random: inout some RandomNumberGenerator
    ) -> Step {
        finish(response, tags: &tags, random: &random)
    }

    /// Takes the response to the message that was sent last.
    mutating func receive(
        _ response: Message, tags: inout RequestTags, random: inout some RandomNumberGenerator
    ) -> Step {
        // COAP-0192: once for each message, so that a server that is never content cannot keep us busy.
        if response.code == .unauthorized, let value = response.options.echo, !hasAnsweredChallenge {
            echo = value
            hasAnsweredChallenge = true
            challenges += 1
            return .send(message)
        }
        hasAnsweredChallenge = false
        switch phase {
        case .whole:
            if response.code == .requestEntityTooLarge, !request.payload.isEmpty,
                let size = BlockUpload.smallerSize(
                    than: request.payload.count, for: request.payload.count, hint: response)
            {
                upload(in: min(size, uploadSize), tags: &tags, random: &random)
                return .send(message)
            }
            return finish(response, tags: &tags, random: &random)
        case .upload(var upload):
            let step = upload.receive(response)
            phase = .upload(upload)
            return take(step, tags: &tags, random: &random)
        case .download(var download):
            // The body must not be shared while it grows.
            phase = .whole
            let step = download.receive(response)
            phase = .download(download)
            return take(step, tags: &tags, random: &random)
        }
    }

    /// Says that nothing more will be sent.
    mutating func close(tags: inout RequestTags) {
        closeTag(isConcluded: isUploadAnswered, tags: &tags)
    }
}

extension BodyTransfer {
    private mutating func take(
        _ step: BlockUpload.Step, tags: inout RequestTags, random: inout some RandomNumberGenerator
    ) -> Step {
        switch step {
        case .next: return .send(message)
        case .failed(let failure): return .failed(failure)
        case .answered(let response):
            // The tag stays taken: the blocks of the answer are asked for with it.
            isUploadAnswered = true
            hasUploaded = true
            return finish(response, tags: &tags, random: &random)
        case .smaller(let size):
            upload(in: size, tags: &tags, random: &random)
            return .send(message)
        case .incomplete:
            guard !hasStartedAnew, case .upload(let upload) = phase else { return .failed(.uploadRefused) }
            hasStartedAnew = true
            self.upload(in: upload.size, isAnother: true, tags: &tags, random: &random)
            return .send(message)
        }
    }

    private mutating func take(
        _ step: BlockDownload.Step, tags: inout RequestTags, random: inout some RandomNumberGenerator
    ) -> Step {
        switch step {
        case .next: return .send(message)
        case .complete(let response):
            phase = .whole
            return .complete(response.withoutBlocks)
        case .failed(let failure): return .failed(failure)
        case .interrupted(let response):
            // What other methods have done is done: the error is about the rest of their answer only.
            return isSafe ? .complete(response.withoutBlocks) : .failed(.inconsistentBlocks)
        case .changed:
            // COAP-0164: GET and FETCH can be asked again, but not for ever.
            guard isSafe, restartsLeft > 0 else { return .failed(.inconsistentBlocks) }
            restartsLeft -= 1
            hasUploaded = false
            return .send(begin(tags: &tags, random: &random))
        }
    }

    private var isSafe: Bool { request.code == .get || request.code == .fetch }

    /// Takes the response that ends the request, or the first block of it.
    private mutating func finish(
        _ response: Message, tags: inout RequestTags, random: inout some RandomNumberGenerator
    ) -> Step {
        guard BlockDownload.isNeeded(for: response) else {
            guard response.payload.count <= maximumBodyLength else { return .failed(.bodyTooLarge) }
            return .complete(response.withoutBlocks)
        }
        var download = BlockDownload(first: response, maximumLength: maximumBodyLength)
        let step = download.receive(response)
        phase = .download(download)
        return take(step, tags: &tags, random: &random)
    }

    /// Whether the body goes in blocks from the start.
    private var needsBlocks: Bool {
        guard request.payload.count <= blockSize.byteCount else { return true }
        // Blocks need answers, which may be unwanted.
        return request.payload.count > uploadSize.byteCount && request.options.noResponse == nil
            && DatagramLength.header + request.bodyLength > DatagramLength.recommended
    }

    // COAP-0021: the whole message fits, not only its payload.
    /// The size of the first block.
    private var uploadSize: BlockSize {
        let room = DatagramLength.recommended - DatagramLength.header - DatagramLength.optionsOfTransfer - 1
        return min(blockSize, BlockSize(atMost: room - request.options.encoded.count) ?? .bytes16)
    }

    private mutating func upload(
        in size: BlockSize, isAnother: Bool = false, tags: inout RequestTags,
        random: inout some RandomNumberGenerator
    ) {
        // Every message of the attempt before has been answered.
        closeTag(isConcluded: true, tags: &tags)
        tag = tags.open(resource, isAnother: isAnother, random: &random)
        isTagOpen = true
        isUploadAnswered = false
        phase = .upload(BlockUpload(body: request.payload, size: size))
    }

    private mutating func closeTag(isConcluded: Bool, tags: inout RequestTags) {
        guard isTagOpen, let tag else { return }
        isTagOpen = false
        tags.close(tag, of: resource, isConcluded: isConcluded)
    }

    /// The message that is due.
    private var message: Message {
        var message = request
        switch phase {
        case .whole: preferBlockSize(&message)
        case .upload(let upload):
            message.payload = upload.payload
            message.options.block1 = upload.block
            if upload.isFirst {
                // COAP-0172
                message.options.size1 = UInt32(clamping: upload.length)
            } else {
                // COAP-0173: the upload itself makes the resource exist.
                message.options.ifNoneMatch = false
                message.options.remove(.size1)
            }
            if upload.isLast { preferBlockSize(&message) }
            tag?.write(to: &message.options)
        case .download(let download):
            // COAP-0171: like the request, without what belongs to its body and to its first message. A FETCH that went
            // in one message carries its body again, so that a server without memory can answer.
            if request.code != .fetch || hasUploaded { message.payload = [] }
            message.options.ifNoneMatch = false
            message.options.eTags = []
            message.options.remove(.size1)
            message.options.block2 = download.next
            if hasUploaded { tag?.write(to: &message.options) }
        }
        if let echo { message.options.echo = echo }
        return message
    }

    private func preferBlockSize(_ message: inout Message) {
        guard blockSize < .bytes1024 else { return }
        message.options.block2 = BlockOption(number: 0, isMore: false, size: blockSize)
    }
}

/// How long messages are made, in bytes.
private enum DatagramLength {
    /// What every network takes (RFC 7252 §4.6).
    static let recommended = 1152
    /// Header and token.
    static let header = 12
    /// Block1, Size1, Request-Tag and the Echo value of a challenge.
    static let optionsOfTransfer = 64
}

extension Message {
    /// The response as the application sees it.
    internal var withoutBlocks: Message {
        guard
            options.contains(.block1) || options.contains(.block2) || options.contains(.size2)
                || options.contains(.echo) || options.contains(.requestTag)
        else { return self }
        var message = self
        message.options.removeAll { [.block1, .block2, .size2, .echo, .requestTag].contains($0) }
        return message
    }
}
