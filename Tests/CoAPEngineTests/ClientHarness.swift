import Bytes
import CoAP
import CoAPEngine
import TestSupport

/// A request client with a clock that is moved by hand, everything that it sent and everything that came out of it.
struct ClientHarness: ~Copyable {
    static let server = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 2), port: 5683)
    static let other = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 3), port: 5683)
    static let third = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 4), port: 5683)
    static let group = SocketAddress(IPv6Address(high: 0xff35_0030_fd00_0000, low: 1), port: 5683)
    static let home = IPv6Address(high: 0x2001_0db8_0000_0000, low: 1)

    struct Sent {
        let exchange: ExchangeID
        let transmission: ClientTransmission

        var message: Message { transmission.message }
        var options: Options { transmission.message.options }
    }

    var client: RequestClient
    var random: SeededGenerator
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// Whether messages wait for their turn, and whether they can be sent at all.
    var queues = false
    var canSend = true
    private var mint = MessageLayer()

    private(set) var sent: [Sent] = []
    private(set) var responses: [(operation: OperationID, response: ClientResponse)] = []
    private(set) var ends: [OperationID: OperationEnd] = [:]
    private(set) var lost: [(peer: PeerIdentity, failure: OperationFailure)] = []
    private(set) var ended: [(exchange: ExchangeID, rejects: Bool)] = []
    var repeated: [ExchangeID] = []
    /// Operations that had an effect after their end.
    private(set) var surprises = 0

    init(seed: UInt64 = 1, settings: RequestClientSettings = RequestClientSettings()) {
        client = RequestClient(settings: settings)
        random = SeededGenerator(seed: seed)
    }

    var last: Sent { sent[sent.count - 1] }
    /// Messages to groups that were sent again.
    var repeats: [ExchangeID] {
        sent.filter { $0.transmission.continuing != nil && $0.transmission.destination.address.isMulticast }
            .map(\.exchange)
    }
    var bodies: [[UInt8]] { responses.map(\.response.message.payload) }
    var codes: [Code] { responses.map(\.response.message.code) }

    @discardableResult
    mutating func start(_ request: ClientRequest) throws -> OperationID {
        var effects: [ClientEffect] = []
        let id = try client.start(request, at: now, random: &random, effects: &effects)
        process(effects)
        return id
    }

    /// What a senseless request is refused with.
    mutating func refusal(of request: ClientRequest) -> ClientRefusal? {
        var effects: [ClientEffect] = []
        do throws(ClientRefusal) {
            _ = try client.start(request, at: now, random: &random, effects: &effects)
            process(effects)
            return nil
        } catch {
            if !effects.isEmpty { surprises += 1 }
            return error
        }
    }

    /// Answers a message, the last one if none is named.
    mutating func answer(
        _ message: Message, to sent: Sent? = nil, from source: SocketAddress? = nil, peer: PeerIdentity? = nil
    ) {
        let sent = sent ?? last
        let destination = sent.transmission.destination
        let source = source ?? (destination.address.isMulticast ? Self.server : destination)
        let response = ReceivedResponse(
            path: DatagramPath(source: source, destination: Self.home),
            peer: peer ?? (source == destination ? sent.transmission.peer : .endpoint(source)), message: message)
        var effects: [ClientEffect] = []
        client.receive(response, on: sent.exchange, at: now, random: &random, effects: &effects)
        process(effects)
    }

    mutating func fail(_ failure: ExchangeFailure, _ sent: Sent? = nil) {
        var effects: [ClientEffect] = []
        client.failed((sent ?? last).exchange, failure, at: now, random: &random, effects: &effects)
        process(effects)
    }

    mutating func begin(_ sent: Sent? = nil) {
        var effects: [ClientEffect] = []
        client.begun((sent ?? last).exchange, at: now, effects: &effects)
        process(effects)
    }

    mutating func cancel(_ operation: OperationID) {
        var effects: [ClientEffect] = []
        client.cancel(operation, at: now, random: &random, effects: &effects)
        process(effects)
    }

    /// Moves the clock, stopping at every deadline.
    mutating func advance(by duration: Duration) {
        let end = now.advanced(by: duration)
        while let deadline = client.nextDeadline, deadline <= end {
            now = max(now, deadline)
            var effects: [ClientEffect] = []
            client.handleTimers(at: now, random: &random, effects: &effects)
            process(effects)
        }
        now = end
    }

    private mutating func process(_ effects: [ClientEffect]) {
        for effect in effects {
            switch effect {
            case .transmit(let id, let transmission): transmit(id, transmission)
            case .repeatRequest(let exchange): repeated.append(exchange)
            case .endExchange(let exchange, let rejects): ended.append((exchange, rejects))
            case .response(let id, let response):
                if ends[id] != nil { surprises += 1 }
                responses.append((id, response))
            case .responseLost(let id, let peer, let failure):
                if ends[id] != nil { surprises += 1 }
                lost.append((peer, failure))
            case .ended(let id, let end):
                if ends[id] != nil { surprises += 1 }
                ends[id] = end
            }
        }
    }

    private mutating func transmit(_ id: TransmissionID, _ transmission: ClientTransmission) {
        var effects: [ClientEffect] = []
        if canSend, let exchange = transmission.continuing ?? mintExchange() {
            sent.append(Sent(exchange: exchange, transmission: transmission))
            client.opened(id, as: exchange, isQueued: queues, at: now, effects: &effects)
        } else {
            client.notOpened(id, at: now, random: &random, effects: &effects)
        }
        process(effects)
    }

    private mutating func mintExchange() -> ExchangeID? {
        var effects: [MessageLayerEffect] = []
        let request = OutgoingRequest(
            code: .get, body: [], destination: Self.server, reliability: .nonConfirmable, expects: .manyResponses)
        guard let id = try? mint.send(request, at: now, random: &random, effects: &effects) else { return nil }
        mint.end(id, at: now)
        return id
    }
}

extension Message {
    static func request(
        _ code: Code = .get, _ path: String = "x", payload: [UInt8] = [], with edit: (inout Options) -> Void = { _ in }
    ) -> Message {
        var message = Message(code: code, payload: payload)
        message.options.uriPath = [path]
        edit(&message.options)
        return message
    }

    static func response(
        _ code: Code = .content, payload: [UInt8] = [], with edit: (inout Options) -> Void = { _ in }
    ) -> Message {
        var message = Message(code: code, payload: payload)
        edit(&message.options)
        return message
    }

    /// The block of a body that a request asks for, or a smaller one.
    static func block(
        of body: [UInt8], eTag: [UInt8]? = nil, for request: Message, atMost limit: BlockSize = .bytes1024,
        with edit: (inout Options) -> Void = { _ in }
    ) -> Message {
        let wanted = request.options.block2 ?? BlockOption(number: 0, isMore: false, size: limit)
        let size = min(wanted.size, limit)
        let start = min(wanted.offset, body.count)
        let end = min(start + size.byteCount, body.count)
        return .response(payload: Array(body[start..<end])) { options in
            options.block2 = BlockOption(
                number: UInt32(start / size.byteCount), isMore: end < body.count, size: size)
            options.eTag = eTag
            edit(&options)
        }
    }
}

func pattern(_ count: Int, from first: UInt8 = 0) -> [UInt8] {
    (0..<count).map { first &+ UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
}
