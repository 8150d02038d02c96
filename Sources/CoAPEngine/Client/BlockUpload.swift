internal import CoAP

/// Sends a body in blocks, one after the other (RFC 7959 §2.5).
internal struct BlockUpload: Sendable {
    enum Step: Hashable, Sendable {
        /// Send the next block.
        case next
        /// The server has answered the whole request.
        case answered(Message)
        /// Begin again with smaller blocks.
        case smaller(BlockSize)
        /// The server has lost the blocks before: begin again.
        case incomplete
        case failed(OperationFailure)
    }

    private let body: [UInt8]
    private(set) var size: BlockSize
    private var offset = 0

    init(body: [UInt8], size: BlockSize) {
        self.body = body
        self.size = size
    }

    private var end: Int { min(offset + size.byteCount, body.count) }
    var isFirst: Bool { offset == 0 }
    var isLast: Bool { end == body.count }
    var length: Int { body.count }
    var payload: [UInt8] { Array(body[offset..<end]) }
    var block: BlockOption {
        BlockOption(number: UInt32(offset / size.byteCount), isMore: !isLast, size: size)
    }

    mutating func receive(_ response: Message) -> Step {
        switch response.code {
        case .requestEntityTooLarge where isFirst:
            return Self.smallerSize(than: size.byteCount, for: body.count, hint: response).map { .smaller($0) }
                ?? .answered(response)
        case .requestEntityIncomplete: return .incomplete
        case let code where code.isError: return .answered(response)
        default: break
        }
        if let confirmed = response.block1, confirmed.number != block.number { return .failed(.unusableResponse) }
        guard !isLast else {
            return response.code == .continue ? .failed(.unusableResponse) : .answered(response)
        }
        // Any success goes on: without the M bit the server has processed the block by itself (RFC 7959 §2.3).
        guard let confirmed = response.block1 else { return .failed(.unusableResponse) }
        // COAP-0163: what was sent has been taken, whatever its size; the rest follows in the size that the server wants.
        offset = end
        size = min(size, confirmed.size)
        guard offset / size.byteCount <= Int(BlockOption.maximumNumber) else { return .failed(.uploadRefused) }
        return .next
    }

    /// The size that a 4.13 asks for, or `nil` if it says that no size will do (RFC 7959 §2.9.3).
    ///
    /// - Parameter sent: How many bytes of body the refused message had.
    static func smallerSize(than sent: Int, for length: Int, hint: Message) -> BlockSize? {
        if let size1 = hint.options.size1, size1 < length { return nil }
        if let size = hint.block1?.size, size.byteCount < sent { return size }
        guard hint.options.size1 != nil else { return nil }
        return BlockSize(atMost: sent - 1)
    }
}

extension Message {
    internal var block1: BlockOption? { options.block1 }
    internal var block2: BlockOption? { options.block2 }
}
