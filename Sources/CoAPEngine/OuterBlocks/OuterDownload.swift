internal import Bytes
internal import CoAP

/// A protected response that comes in outer blocks, which nobody vouches for before it is whole.
internal struct OuterDownload: Sendable {
    enum Step: Sendable {
        /// Ask for ``OuterDownload/next``.
        case next
        case complete(IncomingResponse)
        case tooLong
        /// The block belongs to another message, or is none.
        case unusable
    }

    let path: DatagramPath
    /// As it came, to know it when it comes again.
    let firstBody: [UInt8]
    /// The first block of a newer response, which is fetched in the place of this one.
    var newer: IncomingResponse?
    /// As far as it has come, without Block2 and Size2.
    private var message: Message
    private var size = BlockSize.bytes1024
    private let limit: Int

    /// Nothing of it has been taken in yet: ``take(_:)`` wants the first block, too.
    init(_ first: IncomingResponse, limit: Int) {
        path = first.path
        firstBody = first.body
        message = Message(code: first.code, options: first.message.options)
        message.options.removeAll { [.block1, .block2, .size2].contains($0) }
        self.limit = limit
    }

    /// The block that is missing, in the size that was used last.
    var next: BlockOption {
        BlockOption(number: UInt32(message.payload.count / size.byteCount), isMore: false, size: size)
    }

    mutating func take(_ response: IncomingResponse) -> Step {
        let part = response.message
        guard response.code == message.code, let block = part.options.block2, block.permits(part.payload),
            block.offset == message.payload.count,
            // Another Partial IV, another message: a notification has come in between.
            part.options.oscore == message.options.oscore, part.options.eTag == message.options.eTag
        else { return .unusable }
        message.payload += part.payload
        // OSC-0031
        guard message.bodyLength <= limit, Int(part.options.size2 ?? 0) <= limit else { return .tooLong }
        guard block.isMore else {
            return .complete(IncomingResponse(path: path, code: message.code, body: message.body))
        }
        size = block.size
        return .next
    }
}
