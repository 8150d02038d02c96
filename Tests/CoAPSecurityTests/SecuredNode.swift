import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import Synchronization
import TestSupport

/// One endpoint with its Security Contexts, without sockets and clock.
final class SecuredNode {
    let address: SocketAddress
    var endpoint: CoAPEngine.Endpoint<EndpointSecurity>
    private(set) var responses: [OperationID: [ClientResponse]] = [:]
    private(set) var ends: [OperationID: OperationEnd] = [:]
    private(set) var outgoing: [OutgoingDatagram] = []
    private var random: SeededGenerator

    /// - Parameter seed: Of what it draws; `nil` for the same after each restart, Tokens and Echo values among it.
    init(
        _ number: UInt64, _ security: EndpointSecurity, leisure: Duration = .milliseconds(10), seed: UInt64? = nil
    ) {
        address = SocketAddress(IPv6Address(high: 0x2001_0db8 << 32, low: number), port: 5683)
        random = SeededGenerator(seed: seed ?? number)
        var settings = RequestServerSettings()
        settings.leisure = Leisure(window: leisure)
        endpoint = CoAPEngine.Endpoint(
            protection: security,
            protectedServer: RequestServer<SecuredRequest>(resources: ResourceTree(), settings: settings))
    }

    var security: SecurityCounters { endpoint.protection.counters }

    var nextDeadline: MonotonicInstant? { endpoint.nextDeadline }

    func serve(_ path: String, _ resource: Resource<SecuredRequest>) {
        endpoint.updateResources { _, secured in secured.register(path: [path], resource) }
    }

    func takeOutgoing() -> [OutgoingDatagram] {
        defer { outgoing.removeAll() }
        return outgoing
    }

    func receive(_ bytes: [UInt8], from path: DatagramPath, at now: MonotonicInstant) {
        input { endpoint, random, effects in
            endpoint.receive(bytes.span, from: path, at: now, random: &random, effects: &effects)
        }
    }

    func handleTimers(at now: MonotonicInstant) {
        guard let deadline = endpoint.nextDeadline, deadline <= now else { return }
        input { endpoint, random, effects in endpoint.handleTimers(at: now, random: &random, effects: &effects) }
    }

    func start(_ request: ClientRequest, at now: MonotonicInstant) throws -> OperationID {
        try input { endpoint, random, effects in
            try endpoint.start(request, at: now, random: &random, effects: &effects)
        }
    }

    func cancel(_ id: OperationID, at now: MonotonicInstant) {
        input { endpoint, random, effects in endpoint.cancel(id, at: now, random: &random, effects: &effects) }
    }

    func changed(_ path: String, at now: MonotonicInstant) {
        input { endpoint, random, effects in
            endpoint.resourceChanged([path], at: now, random: &random, effects: &effects)
        }
    }

    private func input<Result>(
        _ body: (inout CoAPEngine.Endpoint<EndpointSecurity>, inout SeededGenerator, inout [EndpointEffect]) throws ->
            Result
    ) rethrows -> Result {
        var effects: [EndpointEffect] = []
        defer {
            for effect in effects {
                switch effect {
                case .transmit(let datagram): outgoing.append(datagram)
                case .response(let id, let response): responses[id, default: []].append(response)
                case .ended(let id, let end): ends[id] = end
                case .responseLost, .pingEnded, .call: break
                }
            }
        }
        return try body(&endpoint, &random, &effects)
    }
}

/// A network that delivers everything at once and in order, and a clock that jumps from timer to timer.
final class SecuredNetwork {
    /// A datagram under way.
    struct Passing {
        let source: SocketAddress
        let datagram: OutgoingDatagram
    }

    private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// Everything that was sent.
    private(set) var record: [Passing] = []
    /// What becomes of a datagram; nothing, itself, or others in its place.
    var onTheWay: (Passing) -> [Passing] = { [$0] }
    private var nodes: [SecuredNode] = []
    private var members: [IPv6Address: [SocketAddress]] = [:]

    func add(_ node: SecuredNode, joining group: IPv6Address? = nil) {
        nodes.removeAll { $0.address == node.address }
        nodes.append(node)
        if let group, members[group]?.contains(node.address) != true {
            members[group, default: []].append(node.address)
        }
    }

    /// Delivers until nothing is under way and no timer is due within `duration`.
    func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        deliver()
        while let next = nodes.compactMap(\.nextDeadline).min(), next <= end {
            now = max(now, next)
            for node in nodes { node.handleTimers(at: now) }
            deliver()
        }
        now = end
    }

    /// Puts a datagram on the network that no node has sent.
    func inject(_ passing: Passing) {
        hand(over: passing)
        deliver()
    }

    private func deliver() {
        while true {
            let sent = nodes.flatMap { node in
                node.takeOutgoing().map { Passing(source: node.address, datagram: $0) }
            }
            guard !sent.isEmpty else { return }
            record += sent
            for passing in sent.flatMap(onTheWay) { hand(over: passing) }
        }
    }

    private func hand(over passing: Passing) {
        let destination = passing.datagram.destination
        let recipients =
            destination.address.isMulticast
            ? (members[destination.address] ?? []).filter { $0 != passing.source } : [destination]
        for node in nodes where recipients.contains(node.address) {
            node.receive(
                passing.datagram.bytes,
                from: DatagramPath(source: passing.source, destination: destination.address), at: now)
        }
    }
}
