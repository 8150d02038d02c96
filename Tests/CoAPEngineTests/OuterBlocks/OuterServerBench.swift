import Bytes
import CoAP
import TestSupport

@testable import CoAPEngine

/// A server behind a protection, asked by somebody who writes each outer message himself.
final class OuterServerBench {
    var endpoint: CoAPEngine.Endpoint<PaperProtection>
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private var random = SeededGenerator(seed: 1)
    private var lastID: UInt16 = 0

    init(_ settings: OuterBlockSettings = OuterBlockSettings(), _ fill: (inout ResourceTree<BenchRequest>) -> Void) {
        var tree = ResourceTree<BenchRequest>()
        fill(&tree)
        endpoint = CoAPEngine.Endpoint(
            protection: PaperProtection(), protectedServer: RequestServer(resources: tree), outerBlocks: settings)
    }

    /// A server that takes anything and says how much it was.
    convenience init(_ settings: OuterBlockSettings = OuterBlockSettings()) {
        self.init(settings) { tree in
            tree.register(
                path: ["t"],
                methods: [
                    .put: { ResourceResponse(.changed, .textPlain, Array("\($0.payload.count)".utf8)) },
                    .get: { _ in ResourceResponse(.content, .octetStream, Self.body) },
                ])
        }
    }

    static let body = (0..<600).map { UInt8(truncatingIfNeeded: $0) }

    /// A protected request; `number` stands in its OSCORE option.
    static func request(_ code: Code, _ payload: [UInt8] = [], number: UInt8 = 1) -> Message {
        var inner = Message(code: code, payload: payload)
        inner.options.uriPath = ["t"]
        var outer = Message(code: .post, payload: [code.rawValue] + inner.body)
        outer.options.oscore = [number]
        return outer
    }

    /// The blocks that a proxy makes of a message.
    static func blocks(of message: Message, _ size: BlockSize) -> [Message] {
        stride(from: 0, to: message.payload.count, by: size.byteCount).map { start in
            var block = message
            let end = min(start + size.byteCount, message.payload.count)
            block.payload = Array(message.payload[start..<end])
            block.options.block1 = BlockOption(
                number: UInt32(start / size.byteCount), isMore: end < message.payload.count, size: size)
            return block
        }
    }

    /// Hands a message in; `nil` if there is no answer but an acknowledgement.
    func ask(
        _ message: Message, from source: SocketAddress = ServerBench.alice,
        to destination: IPv6Address = ServerBench.home
    ) -> Message? {
        lastID += 1
        let type: MessageType = destination.isMulticast ? .nonConfirmable : .confirmable
        let bytes = datagram(
            type, message.code, id: lastID, token: Token(UInt64(lastID)), options: message.options,
            payload: message.payload)
        var effects: [EndpointEffect] = []
        endpoint.receive(
            bytes.span, from: DatagramPath(source: source, destination: destination), at: now, random: &random,
            effects: &effects)
        return Self.answers(effects).first
    }

    func changed() -> [Message] {
        var effects: [EndpointEffect] = []
        endpoint.resourceChanged(["t"], at: now, random: &random, effects: &effects)
        return Self.answers(effects)
    }

    func wait(_ duration: Duration) {
        now = now.advanced(by: duration)
        var effects: [EndpointEffect] = []
        endpoint.handleTimers(at: now, random: &random, effects: &effects)
    }

    private static func answers(_ effects: [EndpointEffect]) -> [Message] {
        effects.compactMap { effect in
            guard case .transmit(let datagram) = effect,
                let (header, offset) = try? DatagramCodec.decode(datagram.bytes.span), !header.code.isEmpty
            else { return nil }
            return try? Message(code: header.code, body: datagram.bytes.span.extracting(droppingFirst: offset))
        }
    }

    var verified: [Message] { endpoint.protection.verified }
    var counters: OuterBlockCounters { endpoint.counters.outerBlocks }
    var protected: Int { endpoint.protection.protected }
    var nextDeadline: MonotonicInstant? { endpoint.nextDeadline }
    var keptRequests: (count: Int, bytes: Int) { (endpoint.outer.requests.count, endpoint.outer.requests.bytes) }
    var keptAnswers: (count: Int, bytes: Int) { (endpoint.outer.answers.count, endpoint.outer.answers.bytes) }
    var isIdle: Bool { endpoint.outer.wishes.count == 0 && endpoint.outer.timers.next == nil }
}
