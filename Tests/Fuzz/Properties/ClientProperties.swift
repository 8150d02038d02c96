import Bytes
import CoAP
import CoAPEngine

/// What holds for the client's side of requests, whatever servers answer and in whatever order.
enum ClientProperties {
    /// A body that the application gets is put together from blocks of one responder and one representation; an Echo value
    /// goes back to where it came from and nowhere else; groups get no blocks; an operation ends once; what is kept stays
    /// within its limits and is forgotten in the end.
    static func check(_ input: Span<UInt8>) throws(Violation) {
        var run = ClientRun()
        var reader = ByteReader(input)
        while let step = reader.readInteger(byteCount: 3) {
            run.take(UInt8(step >> 16), UInt8(step >> 8 & 0xff), UInt8(step & 0xff))
            try run.checkLimits()
        }
        try run.finish()
    }
}

/// One client, what it has sent, and what it was answered.
private struct ClientRun: ~Copyable {
    private struct Open {
        let exchange: ExchangeID
        /// Where its first message went.
        let destination: SocketAddress
        let isForOne: Bool
        var request: Message
    }

    private static let home = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)
    private static let servers = (2...4).map { low in
        SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: low), port: 5683)
    }
    private static let group = SocketAddress(IPv6Address(high: 0xff35_0030_fd00_0000, low: 1), port: 5683)
    /// Says of which operation a message is. Elective, unknown to everybody, and no part of a cache key.
    private static let mark = OptionNumber(rawValue: 65_020)
    private static let settings: RequestClientSettings = {
        var settings = RequestClientSettings()
        settings.operations = 4
        settings.respondersPerGroup = 2
        settings.responsesPerResponder = 2
        settings.assembledBytes = 160
        settings.echoValues = 2
        settings.backOffs = 2
        settings.untaggedUploads = 1
        settings.permitsETagsToGroups = true
        var cache = ResponseCacheSettings()
        cache.entries = 3
        cache.bytes = 300
        settings.cache = cache
        return settings
    }()

    private var client = RequestClient(settings: settings)
    private var mint = MessageLayer()
    private var random = Counter()
    private var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var canSend = true
    private var queues = false
    private var open: [Open] = []
    private var operations: [OperationID] = []
    private var ended: Set<OperationID> = []
    private var marks: [OperationID: UInt8] = [:]
    private var bodies: [[UInt8]] = []
    private var answers = SentAnswers()
    private var echoes: [SocketAddress: Set<[UInt8]>] = [:]
    private var steps = 0
    private var failure: String?

    init() {}

    /// A step: the upper three bits of the first byte say what happens.
    mutating func take(_ head: UInt8, _ second: UInt8, _ third: UInt8) {
        steps += 1
        var effects: [ClientEffect] = []
        switch head >> 5 {
        case 0: start(head, second, third, effects: &effects)
        case 5:
            now = now.advanced(by: .seconds(Int64(second) * (third & 1 == 0 ? 1 : 10)))
            _ = due()
        case 6: disturb(head, second, effects: &effects)
        case 7:
            canSend = second & 3 != 0
            queues = third & 1 != 0
        default: answer(head, second, third, effects: &effects)
        }
        carryOut(effects)
    }

    private mutating func start(_ head: UInt8, _ second: UInt8, _ third: UInt8, effects: inout [ClientEffect]) {
        var message = Message(code: [Code.get, .fetch, .put, .post][Int(head & 3)])
        message.options.uriPath = [String(second & 1)]
        message.options.append(Self.mark, [UInt8(truncatingIfNeeded: bodies.count)])
        if head & 4 != 0 { message.options.observe = 0 }
        if message.code != .get {
            message.payload = (0..<Int(third & 0x7f)).map { UInt8(truncatingIfNeeded: $0 + bodies.count) }
        }
        let server = Int(second >> 1 & 3)
        var request = ClientRequest(message, to: server == 3 ? Self.group : Self.servers[server])
        request.blockSize = second & 8 == 0 ? .bytes16 : .bytes32
        request.maximumBodyLength = 120
        request.retriesWhenUnavailable = second & 16 != 0
        if server == 3 {
            request.reliability = .nonConfirmable
            var collection = ResponseCollection(deadline: .seconds(100))
            collection.fetchesBlocks = second & 32 == 0
            collection.repeats = Int(second >> 6)
            if third & 0x80 != 0 { collection.completion = .responders(1) }
            request.group = collection
        }
        let mark = UInt8(truncatingIfNeeded: bodies.count)
        bodies.append(message.payload)
        do throws(ClientRefusal) {
            let id = try client.start(request, at: now, random: &random, effects: &effects)
            operations.append(id)
            marks[id] = mark
        } catch {
            if !effects.isEmpty { failure = "what is refused has no effects" }
        }
    }

    /// Cancels an operation, or lets an exchange fail or begin.
    private mutating func disturb(_ head: UInt8, _ second: UInt8, effects: inout [ClientEffect]) {
        let place = Int(head >> 2 & 7)
        switch head & 3 {
        case 0:
            guard place < operations.count else { return }
            client.cancel(
                operations[operations.count - 1 - place], at: now, random: &random, effects: &effects)
        case 1:
            guard place < open.count else { return }
            client.begun(open[open.count - 1 - place].exchange, at: now, effects: &effects)
        default:
            guard place < open.count else { return }
            let exchange = open.remove(at: open.count - 1 - place).exchange
            let reasons: [ExchangeFailure] = [.timeout, .reset, .unusableResponse, .notSent]
            client.failed(exchange, reasons[Int(second & 3)], at: now, random: &random, effects: &effects)
        }
    }

    private mutating func answer(_ head: UInt8, _ second: UInt8, _ third: UInt8, effects: inout [ClientEffect]) {
        let place = Int(head & 3)
        guard place < open.count else { return }
        let exchange = open[open.count - 1 - place]
        let member = Self.servers[Int(head >> 5) % 3]
        let source = exchange.destination.address.isMulticast ? member : exchange.destination
        let codes: [Code] = [
            .content, .changed, .continue, .valid, .unauthorized, .requestEntityIncomplete, .requestEntityTooLarge,
            .serviceUnavailable,
        ]
        var message = Message(code: codes[Int(head >> 2 & 7)])
        // Told apart by when they were sent, so that a misplaced block is seen.
        var count = Int(third & 3) * 16
        if third & 0x80 != 0 {
            let block = self.block(second, asked: exchange.request.options.block2)
            message.options.block2 = block
            count = third & 1 == 0 ? block.size.byteCount : Int(third & 0x0f)
        }
        message.payload = Array(repeating: UInt8(truncatingIfNeeded: steps), count: count)
        if third & 0x40 != 0, let asked = exchange.request.options.block1 {
            message.options.block1 = BlockOption(
                number: asked.number, isMore: asked.isMore, size: second & 1 == 0 ? asked.size : .bytes16)
        }
        if third & 0x30 != 0 { message.options.eTag = [third >> 4 & 3] }
        if third & 8 != 0 { message.options.observe = UInt32(steps) ^ UInt32(second & 1) }
        if third & 4 != 0 { message.options.maxAge = UInt32(second) }
        if message.code == .unauthorized || third & 0x0c == 0x0c {
            let echo = [UInt8(truncatingIfNeeded: steps), UInt8(truncatingIfNeeded: source.address.low)]
            message.options.echo = echo
            echoes[source, default: []].insert(echo)
        }
        answers.note(message, of: source, in: Self.operation(of: exchange.request))
        if exchange.isForOne { open.remove(at: open.count - 1 - place) }
        client.receive(
            ReceivedResponse(
                path: DatagramPath(source: source, destination: Self.home), peer: .endpoint(source), message: message),
            on: exchange.exchange, at: now, random: &random, effects: &effects)
    }

    /// The block that was asked for, or any.
    private func block(_ value: UInt8, asked: BlockOption?) -> BlockOption {
        let size: BlockSize = value & 1 == 0 ? .bytes16 : .bytes32
        let offset = value & 0x80 == 0 ? asked?.offset ?? 0 : Int(value >> 4 & 7) * 16
        return BlockOption(number: UInt32(offset / size.byteCount), isMore: value & 8 != 0, size: size)
    }

    private mutating func carryOut(_ effects: [ClientEffect]) {
        for effect in effects {
            switch effect {
            case .transmit(let id, let transmission): transmit(id, transmission)
            case .endExchange(let exchange, _): open.removeAll { $0.exchange == exchange }
            case .response(let id, let response):
                if ended.contains(id) { failure = "nothing comes after the end" }
                if response.message.payload.count > 120 { failure = "bodies are bounded" }
                if !answers.explain(response, in: marks[id]) {
                    failure = "a body is put together from blocks of one representation"
                }
            case .responseLost(let id, _, _):
                if ended.contains(id) { failure = "nothing comes after the end" }
            case .repeatRequest(let exchange):
                if !open.contains(where: { $0.exchange == exchange }) { failure = "only what is open is sent again" }
            case .ended(let id, _):
                if !ended.insert(id).inserted { failure = "an operation ends once" }
                operations.removeAll { $0 == id }
            }
        }
    }

    private mutating func transmit(_ id: TransmissionID, _ transmission: ClientTransmission) {
        check(transmission)
        var effects: [ClientEffect] = []
        if let exchange = transmission.continuing {
            // It has ended if the same effects ended it.
            if let place = open.firstIndex(where: { $0.exchange == exchange }) {
                open[place].request = transmission.message
            }
            client.opened(id, as: exchange, at: now, effects: &effects)
        } else if canSend, let exchange = mintExchange() {
            open.append(
                Open(
                    exchange: exchange, destination: transmission.destination,
                    isForOne: transmission.expects == .oneResponse, request: transmission.message))
            client.opened(id, as: exchange, isQueued: queues, at: now, effects: &effects)
        } else {
            client.notOpened(id, at: now, random: &random, effects: &effects)
        }
        carryOut(effects)
    }

    private mutating func check(_ transmission: ClientTransmission) {
        let options = transmission.message.options
        if transmission.destination.address.isMulticast {
            let isPlain = options.block1 == nil && options.block2?.number ?? 0 == 0 && options.echo == nil
            if !isPlain || transmission.reliability != .nonConfirmable {
                failure = "a group gets neither blocks nor Echo values nor confirmable messages"
            }
        }
        if let echo = options.echo, echoes[transmission.destination]?.contains(echo) != true {
            failure = "an Echo value goes back to where it came from"
        }
        guard let mark = Self.operation(of: transmission.message), Int(mark) < bodies.count else { return }
        let body = bodies[Int(mark)]
        if let block = options.block1 {
            let end = min(block.offset + block.size.byteCount, body.count)
            let isRight =
                block.offset < end && transmission.message.payload.elementsEqual(body[block.offset..<end])
                && block.isMore == (end < body.count)
            if !isRight { failure = "a block is the part of the body that it says" }
        } else if transmission.message.payload != body, !transmission.message.payload.isEmpty {
            failure = "a request has its own body"
        }
    }

    private static func operation(of message: Message) -> UInt8? { message.options.first(of: mark)?.first }

    private mutating func mintExchange() -> ExchangeID? {
        var effects: [MessageLayerEffect] = []
        let request = OutgoingRequest(
            code: .get, body: [], destination: Self.servers[0], reliability: .nonConfirmable, expects: .manyResponses)
        guard let id = try? mint.send(request, at: now, random: &random, effects: &effects) else { return nil }
        mint.end(id, at: now)
        return id
    }

    private mutating func due() -> Int {
        var count = 0
        while let deadline = client.nextDeadline, deadline <= now, count < 10_000 {
            var effects: [ClientEffect] = []
            client.handleTimers(at: now, random: &random, effects: &effects)
            carryOut(effects)
            count += 1
        }
        return count
    }

    func checkLimits() throws(Violation) {
        if let failure { throw Violation(property: failure) }
        let (load, settings) = (client.load, Self.settings)
        try hold(load.operations <= settings.operations, "operations are bounded")
        try hold(load.closingObservations <= settings.operations, "cancelled observations are bounded")
        let conversations = settings.operations * (settings.respondersPerGroup + 1)
        try hold(load.exchanges <= conversations, "exchanges are bounded")
        try hold(load.assembledBytes <= settings.assembledBytes, "bytes of bodies are bounded")
        try hold(load.cachedResponses <= 3 && load.cachedBytes <= 300, "stored responses are bounded")
        try hold(load.timers <= 8 * conversations, "timers are bounded")
    }

    mutating func finish() throws(Violation) {
        for id in operations {
            var effects: [ClientEffect] = []
            client.cancel(id, at: now, random: &random, effects: &effects)
            carryOut(effects)
        }
        now = now.advanced(by: .seconds(10_000))
        try hold(due() < 10_000, "timers come to an end")
        try checkLimits()
        let load = client.load
        try hold(load.operations == 0 && load.closingObservations == 0, "operations end")
        try hold(load.exchanges == 0 && load.timers == 0, "exchanges and timers end")
        try hold(load.assembledBytes == 0, "bodies are forgotten")
        try hold(open.isEmpty, "every exchange is ended")
    }
}
