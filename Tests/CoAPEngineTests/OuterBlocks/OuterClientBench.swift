import Bytes
import CoAP
import TestSupport

@testable import CoAPEngine

/// A client behind a protection, answered by somebody who writes each outer message himself.
final class OuterClientBench {
    var endpoint: CoAPEngine.Endpoint<PaperProtection>
    var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// Requests that were sent and not looked at, retransmissions included.
    private(set) var sent: [Sent] = []
    private(set) var responses: [ClientResponse] = []
    private(set) var ends: [OperationEnd] = []
    private var random = SeededGenerator(seed: 1)
    private var lastID: UInt16 = 0

    init(_ settings: OuterBlockSettings = OuterBlockSettings()) {
        // Congestion control is another thing.
        let hurried = try? TransmissionParameters(
            nStart: 1_000, probingRate: 1_000_000_000, mayHurryMoreThanStandard: true)
        endpoint = CoAPEngine.Endpoint(
            protection: PaperProtection(), layer: MessageLayer(parameters: hurried ?? .standard), outerBlocks: settings)
    }

    /// Begins an operation and takes its first request.
    func start(_ message: Message, configure: (inout ClientRequest) -> Void = { _ in }) throws -> (OperationID, Sent) {
        var request = ClientRequest(message, to: Endpoint.peer, peer: PaperProtection.peer)
        configure(&request)
        var effects: [EndpointEffect] = []
        let id = try endpoint.start(request, at: now, random: &random, effects: &effects)
        carryOut(effects)
        return (id, try next())
    }

    /// The next request that was sent.
    func next() throws -> Sent {
        guard !sent.isEmpty else { throw Surprise() }
        return sent.removeFirst()
    }

    /// A protected response, whole.
    static func response(_ code: Code, _ payload: [UInt8], number: UInt8 = 1, observe: UInt32? = nil) -> Message {
        var inner = Message(code: code, payload: payload)
        inner.options.observe = observe
        var outer = Message(code: observe == nil ? .changed : .content, payload: [code.rawValue] + inner.body)
        outer.options.oscore = [number]
        outer.options.observe = observe
        return outer
    }

    /// One block of a message.
    static func block(_ number: Int, _ size: BlockSize, of message: Message) -> Message {
        var block = message
        let start = number * size.byteCount
        let end = min(start + size.byteCount, message.payload.count)
        block.payload = Array(message.payload[start..<end])
        block.options.block2 = BlockOption(
            number: UInt32(number), isMore: end < message.payload.count, size: size)
        return block
    }

    /// Answers a request, piggybacked or by a message of its own.
    func answer(_ request: Sent, _ message: Message, isSeparate: Bool = false) {
        lastID += 1
        let bytes = datagram(
            isSeparate ? .nonConfirmable : .acknowledgement, message.code,
            id: isSeparate ? lastID : request.header.messageID.rawValue, token: request.header.token,
            options: message.options, payload: message.payload)
        var effects: [EndpointEffect] = []
        endpoint.receive(
            bytes.span, from: DatagramPath(source: Endpoint.peer, destination: Endpoint.home), at: now,
            random: &random, effects: &effects)
        carryOut(effects)
    }

    func cancel(_ id: OperationID) {
        var effects: [EndpointEffect] = []
        endpoint.cancel(id, at: now, random: &random, effects: &effects)
        carryOut(effects)
    }

    func wait(_ duration: Duration) {
        let end = now.advanced(by: duration)
        while let due = endpoint.nextDeadline, due <= end {
            now = max(now, due)
            var effects: [EndpointEffect] = []
            endpoint.handleTimers(at: now, random: &random, effects: &effects)
            carryOut(effects)
        }
        now = end
    }

    private func carryOut(_ effects: [EndpointEffect]) {
        for effect in effects {
            switch effect {
            case .transmit(let datagram):
                guard let request = Sent(.transmit(datagram)), request.header.code.isRequest else { continue }
                sent.append(request)
            case .response(_, let response): responses.append(response)
            case .ended(_, let end): ends.append(end)
            case .call, .responseLost, .pingEnded: continue
            }
        }
    }

    var verified: [Message] { endpoint.protection.verified }
    var protected: Int { endpoint.protection.protected }
    var counters: EndpointCounters { endpoint.counters }
    var downloads: Int { endpoint.outer.downloads.count }
    var isIdle: Bool {
        endpoint.outer.downloads.isEmpty && endpoint.outer.fetches.isEmpty && endpoint.layer.load.exchanges == 0
    }
}
