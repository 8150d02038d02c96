internal import Bytes
internal import CoAP

/// Puts the body of a response together from its blocks (RFC 7959 §2.4).
internal struct BlockDownload: Sendable {
    enum Step: Hashable, Sendable {
        /// Ask for ``BlockDownload/next``.
        case next
        /// Code and options of the first block, whole body.
        case complete(Message)
        /// The representation is another one now: begin again.
        case changed
        /// An error came instead of a block.
        case interrupted(Message)
        case failed(OperationFailure)
    }

    /// The first response; its payload has moved to `body`.
    private var first: Message
    private var body: [UInt8] = []
    private var size = BlockSize.bytes1024
    private let maximumLength: Int

    init(first: Message, maximumLength: Int) {
        self.first = first
        self.first.payload = []
        self.maximumLength = maximumLength
    }

    /// Whether a response is a block of a longer body.
    static func isNeeded(for response: Message) -> Bool {
        guard response.code.isSuccess, let block = response.block2 else { return false }
        return block.isMore || block.number != 0
    }

    var heldBytes: Int { body.count }
    var eTag: [UInt8]? { first.options.eTag }

    /// The block that is missing, in the size that the server has used last.
    var next: BlockOption {
        // COAP-0163
        BlockOption(number: UInt32(body.count / size.byteCount), isMore: false, size: size)
    }

    /// Takes the next block; to be called with the first response, too.
    mutating func receive(_ response: Message) -> Step {
        if response.code == .requestEntityIncomplete { return .changed }
        if response.code.isError { return .interrupted(response) }
        // COAP-0164: only blocks of one representation go together.
        guard let block = response.block2, response.code == first.code, response.options.eTag == eTag,
            response.options.contentFormat == first.options.contentFormat, block.offset == body.count
        else { return .changed }
        // COAP-0162
        guard
            block.isMore
                ? response.payload.count == block.size.byteCount : response.payload.count <= block.size.byteCount
        else { return .failed(.inconsistentBlocks) }
        // The announced length only ever makes us give up early: nothing is allocated for it.
        guard body.count + response.payload.count <= maximumLength, (response.options.size2 ?? 0) <= maximumLength
        else {
            return .failed(.bodyTooLarge)
        }
        body += response.payload
        #if GOSC_PLANTED_TRAP
            PlantedTrap.download.spring(if: !block.isMore, body.count > 32, block.size == .bytes32)
        #endif
        guard block.isMore else {
            var whole = first
            whole.payload = body
            return .complete(whole)
        }
        size = block.size
        guard body.count / size.byteCount <= Int(BlockOption.maximumNumber) else { return .failed(.bodyTooLarge) }
        return .next
    }
}
