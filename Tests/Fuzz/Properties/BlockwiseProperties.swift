import Bytes
import CoAP
import CoAPEngine

/// What holds for the state of block-wise transfer at a server, whatever order messages come in and whoever sends them.
enum BlockwiseProperties {
    /// A body that a handler gets is put together from blocks of one peer, one method and one Request-Tag; what is kept stays
    /// within its limits and is forgotten in the end.
    static func checkServer(_ input: Span<UInt8>) throws(Violation) {
        var run = BlockwiseRun()
        var reader = ByteReader(input)
        while let step = reader.readInteger(byteCount: 3) {
            run.take(UInt8(step >> 16), UInt8(step >> 8 & 0xff), UInt8(step & 0xff))
            try run.checkLimits()
        }
        try run.finish()
    }
}

/// One server and what was sent to it.
private struct BlockwiseRun: ~Copyable {
    /// The messages that may belong together.
    private struct Transfer: Hashable {
        let source: SocketAddress
        let method: Code
        let tags: [[UInt8]]
    }

    private struct SentBlock: Hashable {
        let offset: Int
        let isMore: Bool
        let payload: [UInt8]
    }

    private static let home = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)
    private static let representation = (0..<150).map { UInt8($0) }
    private static let methods = [Code.put, .post, .fetch, .get]
    private static let tags: [[[UInt8]]] = [[], [[]], [[1]], [[1], [2]]]

    private var endpoint: Endpoint<NoProtection>
    private var random = Counter()
    private var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var lastID: UInt16 = 0
    private var sent: [Transfer: Set<SentBlock>] = [:]
    private let settings: RequestServerSettings
    private var failure: String?

    init() {
        var settings = RequestServerSettings()
        settings.unprovenAddresses = .trust
        settings.limits.uploads = ShareLimits(entries: 4, entriesPerPeer: 2, bytes: 512, bytesPerPeer: 300)
        settings.limits.snapshots = ShareLimits(entries: 3, entriesPerPeer: 2, bytes: 1024, bytesPerPeer: 600)
        settings.blockSize = .bytes64
        var properties = ResourceProperties()
        properties.maximumBody = 250
        var tree = ResourceTree<UnprotectedRequest>()
        // The body comes back, so that what a handler was given is seen from outside.
        let echo: ResourceTree<UnprotectedRequest>.Handler = { request in
            ResourceResponse(.changed, .octetStream, request.payload)
        }
        tree.register(
            path: [],
            methods: [
                .put: echo, .post: echo,
                .fetch: { ResourceResponse(.content, .octetStream, $0.payload) },
                .get: { _ in ResourceResponse(.content, .octetStream, Self.representation) },
            ], properties: properties)
        self.settings = settings
        // Answers are not kept from anybody here.
        var limits = MessageLayerLimits()
        limits.answerRate = nil
        endpoint = Endpoint(
            protection: NoProtection(), layer: MessageLayer(limits: limits),
            openServer: RequestServer(resources: tree, settings: settings))
    }

    /// A step: who, method, tag and what kind; the block; the payload.
    mutating func take(_ head: UInt8, _ block: UInt8, _ content: UInt8) {
        if head >> 6 == 3 {
            now = now.advanced(by: .seconds(Int64(block)))
            _ = due()
            return
        }
        var message = Message(code: Self.methods[Int(head >> 2 & 3)])
        message.options.requestTags = Self.tags[Int(head >> 4 & 3)]
        let kind = head >> 6
        if kind == 2 {
            message.options.append(.block2, [block])
        } else {
            // Blocks of 16 to 64 bytes, seldom of the length that they say.
            let size = BlockOption([block])?.size ?? .bytes16
            let count = content & 0x80 == 0 ? min(size.byteCount, 64) : Int(content & 0x7f)
            message.payload = Array(repeating: content & 0x0f, count: count)
            if kind == 0 { message.options.append(.block1, [block]) }
        }
        let source = SocketAddress(
            IPv6Address(high: 0x2001_0db8_0000_0000, low: 0x10 + UInt64(head & 3)), port: 5683)
        let transfer = Transfer(source: source, method: message.code, tags: message.options.requestTags)
        let option = message.options.block1
        sent[transfer, default: []].insert(
            SentBlock(offset: option?.offset ?? 0, isMore: option?.isMore ?? false, payload: message.payload))
        for answer in answers(to: message, from: source) { check(answer, to: message, transfer) }
    }

    private mutating func answers(to message: Message, from source: SocketAddress) -> [Message] {
        lastID &+= 1
        var bytes: [UInt8] = []
        let body = message.body
        DatagramCodec.encode(
            DatagramHeader(
                type: .confirmable, code: message.code, messageID: MessageID(rawValue: lastID), token: Token(1)),
            body: body.span, into: &bytes)
        var effects: [EndpointEffect] = []
        endpoint.receive(
            bytes.span, from: DatagramPath(source: source, destination: Self.home), at: now, random: &random,
            effects: &effects)
        return effects.compactMap { effect in
            guard case .transmit(let datagram) = effect else { return nil }
            let bytes = datagram.bytes
            guard let (header, offset) = try? DatagramCodec.decode(bytes.span) else { return nil }
            let body = Array(bytes[offset...])
            return try? Message(code: header.code, body: body.span)
        }
    }

    private mutating func check(_ answer: Message, to request: Message, _ transfer: Transfer) {
        let block = answer.options.block2
        if let block, answer.payload.count > block.size.byteCount { failure = "blocks have the length that they say" }
        guard answer.code == .changed || answer.code == .content else { return }
        let offset = block?.offset ?? 0
        if request.code == .get {
            let end = offset + answer.payload.count
            let isRight =
                end <= Self.representation.count && Array(Self.representation[offset..<end]) == answer.payload
                && (block?.isMore ?? false) == (end < Self.representation.count)
            if !isRight { failure = "a block is the part of the representation that it says" }
        } else if !isPart(answer.payload, at: offset, isWhole: block?.isMore != true, of: sent[transfer] ?? []) {
            failure = "a body is put together from blocks of one transfer"
        }
    }

    /// Whether blocks that were sent have these bytes at this place, one behind the other from the start.
    private func isPart(_ bytes: [UInt8], at start: Int, isWhole: Bool, of blocks: Set<SentBlock>) -> Bool {
        var reached: Set<Int> = [0]
        var open = [0]
        var ends: Set<Int> = []
        while let offset = open.popLast() {
            for block in blocks where block.offset == offset {
                let end = offset + block.payload.count
                let overlap = max(offset, start)..<max(max(offset, start), min(end, start + bytes.count))
                let isSame = overlap.allSatisfy { block.payload[$0 - offset] == bytes[$0 - start] }
                guard isSame else { continue }
                if !block.isMore { ends.insert(end) }
                if block.isMore, reached.insert(end).inserted { open.append(end) }
            }
        }
        if isWhole { return ends.contains(start + bytes.count) }
        return ends.contains { $0 > start + bytes.count }
    }

    private mutating func due() -> Int {
        var count = 0
        while let deadline = endpoint.nextDeadline, deadline <= now, count < 10_000 {
            var effects: [EndpointEffect] = []
            endpoint.handleTimers(at: now, random: &random, effects: &effects)
            count += 1
        }
        return count
    }

    func checkLimits() throws(Violation) {
        if let failure { throw Violation(property: failure) }
        let load = endpoint.openServer.load
        try hold(load.uploads <= settings.limits.uploads.entries, "uploads are bounded")
        try hold(load.uploadBytes <= settings.limits.uploads.bytes, "bytes of uploads are bounded")
        try hold(load.snapshots <= settings.limits.snapshots.entries, "kept representations are bounded")
        try hold(load.snapshotBytes <= settings.limits.snapshots.bytes, "their bytes are bounded")
    }

    mutating func finish() throws(Violation) {
        now = now.advanced(by: .seconds(10_000))
        try hold(due() < 10_000, "timers come to an end")
        let load = endpoint.openServer.load
        try hold(load.uploads == 0 && load.uploadBytes == 0, "uploads are forgotten")
        try hold(load.snapshots == 0 && load.snapshotBytes == 0, "representations are forgotten")
    }
}
