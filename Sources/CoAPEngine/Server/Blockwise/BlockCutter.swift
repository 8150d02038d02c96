internal import CoAP

/// Cuts an answer into blocks (RFC 7959 §2.4).
internal struct BlockCutter: Sendable {
    enum Cut: Sendable {
        /// It fits as it is.
        case whole(Message)
        /// The block that was asked for.
        case block(Message, isMore: Bool)
        /// The body ends before the block that was asked for.
        case outOfRange
        /// No block of a permitted size keeps the answer within its budget.
        case tooLong
    }

    /// What the client asks for with Block2; `nil` without the option.
    let asked: BlockOption?
    /// The largest blocks that this server sends.
    let limit: BlockSize
    /// Whether the client asks for the length of the body.
    let wantsSize: Bool
    /// How long options and payload may be together; `nil` for no bound.
    let budget: Int?
    /// Whether smaller blocks than negotiated are made to stay within the budget.
    let mayShrink: Bool

    /// - Parameter eTag: Makes an ETag for a representation that has none.
    func cut(_ answer: Message, eTag: (Message) -> [UInt8]) -> Cut {
        let count = answer.payload.count
        let offset = asked?.offset ?? 0
        guard offset == 0 || offset < count else { return .outOfRange }
        // COAP-0163: what was asked for, or smaller.
        let largest = min(asked?.size ?? limit, limit)
        if asked == nil, count <= largest.byteCount, fits(answer) { return .whole(answer) }
        var template = answer
        // COAP-0165: blocks that belong together have one ETag. Where one message says it all, an action's outcome has none:
        // its hash would be taken for the ETag of the resource (RFC 7252 §5.10.6.1).
        let isCut = offset > 0 || count > largest.byteCount || !fits(answer)
        if template.options.eTag == nil, answer.code == .content || answer.code.isSuccess && isCut {
            template.options.eTag = eTag(answer)
        }
        for size in BlockSize.allCases.reversed() where size <= largest && (mayShrink || size == largest) {
            guard let number = UInt32(exactly: offset / size.byteCount), number <= BlockOption.maximumNumber else {
                return .outOfRange
            }
            var message = template
            let end = min(offset + size.byteCount, count)
            let isMore = end < count
            message.payload = Array(answer.payload[offset..<end])
            message.options.block2 = BlockOption(number: number, isMore: isMore, size: size)
            // COAP-0172
            if wantsSize || offset == 0 && isMore { message.options.size2 = UInt32(clamping: count) }
            if fits(message) { return .block(message, isMore: isMore) }
        }
        return .tooLong
    }

    private func fits(_ message: Message) -> Bool { budget.map { message.bodyLength <= $0 } ?? true }
}
