import Bytes
import CoAP
import CoAPEngine
import TestSupport

/// What happens to datagrams on their way.
struct NetworkWeather {
    /// How many of a hundred datagrams are lost.
    var lossPercent = 20
    /// How many of a hundred arrive twice.
    var duplicatePercent = 10
    /// How long a datagram is under way, drawn anew for each, so that they overtake each other.
    var delay: ClosedRange<Int64> = 1_000_000...400_000_000

    /// Everything arrives, once.
    static let fair = NetworkWeather(lossPercent: 0, duplicatePercent: 0)
}

/// Endpoints, a network that loses, doubles, delays and reorders, and one clock that jumps from event to event.
final class SimulatedNetwork {
    private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    private(set) var sent = 0
    private(set) var lost = 0
    private(set) var doubled = 0
    /// Every datagram that was sent, with its sender, if it is to be kept.
    private(set) var record: [(source: SocketAddress, datagram: OutgoingDatagram)] = []
    var keepsRecord = false
    private var random: SeededGenerator
    private let weather: NetworkWeather
    private var nodes: [SocketAddress: SimulatedEndpoint] = [:]
    private var members: [IPv6Address: [SocketAddress]] = [:]
    private var underWay: [Delivery] = []

    private struct Delivery {
        let at: MonotonicInstant
        let datagram: OutgoingDatagram
        let source: SocketAddress
        let recipient: SocketAddress
    }

    init(seed: UInt64, weather: NetworkWeather = NetworkWeather()) {
        random = SeededGenerator(seed: seed)
        self.weather = weather
    }

    func add(_ node: SimulatedEndpoint) {
        nodes[node.address] = node
    }

    /// From now on the node gets what is sent to the group at its own port.
    func join(_ node: SimulatedEndpoint, _ group: IPv6Address) {
        members[group, default: []].append(node.address)
    }

    /// Lets time pass until nothing is under way and no timer is due before `limit`.
    func run(for duration: Duration, whenIdle: () -> Bool = { false }) {
        let end = now.advanced(by: duration)
        while let next = nextEvent, next <= end {
            now = max(now, next)
            deliverDue()
            for node in nodes.values.sorted(by: { $0.address.isBefore($1.address) }) {
                node.handleTimers(at: now)
                collect(from: node)
            }
            if underWay.isEmpty, whenIdle() { return }
        }
        now = end
    }

    /// Takes what a node has sent.
    func collect(from node: SimulatedEndpoint) {
        for datagram in node.takeOutgoing() {
            sent += 1
            if keepsRecord { record.append((node.address, datagram)) }
            for recipient in recipients(of: datagram) { put(datagram, from: node.address, to: recipient) }
        }
    }

    private func recipients(of datagram: OutgoingDatagram) -> [SocketAddress] {
        let destination = datagram.destination
        guard destination.address.isMulticast else { return [destination] }
        return (members[destination.address] ?? []).filter { $0.port == destination.port }
    }

    /// Each member of a group has its own luck.
    private func put(_ datagram: OutgoingDatagram, from source: SocketAddress, to recipient: SocketAddress) {
        guard !chance(weather.lossPercent) else {
            lost += 1
            return
        }
        let copies = chance(weather.duplicatePercent) ? 2 : 1
        doubled += copies - 1
        for _ in 0..<copies {
            let delay = Int64.random(in: weather.delay, using: &random)
            underWay.append(
                Delivery(
                    at: now.advanced(by: .nanoseconds(delay)), datagram: datagram, source: source,
                    recipient: recipient))
        }
    }

    private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    private var nextEvent: MonotonicInstant? {
        let deliveries = underWay.lazy.map(\.at).min()
        let timers = nodes.values.compactMap(\.nextDeadline).min()
        return [deliveries, timers].compactMap(\.self).min()
    }

    private func deliverDue() {
        let due = underWay.filter { $0.at <= now }.sorted { $0.at < $1.at }
        underWay.removeAll { $0.at <= now }
        for delivery in due {
            guard let node = nodes[delivery.recipient] else { continue }
            node.receive(
                delivery.datagram.bytes,
                from: DatagramPath(source: delivery.source, destination: delivery.datagram.destination.address),
                at: now)
            collect(from: node)
        }
    }
}

extension SocketAddress {
    fileprivate func isBefore(_ other: SocketAddress) -> Bool {
        (port, address.high, address.low) < (other.port, other.address.high, other.address.low)
    }
}

/// One endpoint in the simulation.
final class SimulatedEndpoint {
    let address: SocketAddress
    var endpoint: CoAPEngine.Endpoint<NoProtection>
    private(set) var responses: [OperationID: [ClientResponse]] = [:]
    private(set) var ends: [OperationID: OperationEnd] = [:]
    private var random: SeededGenerator
    private var outgoing: [OutgoingDatagram] = []
    /// Answers of handlers that take their time.
    private var late: [(at: MonotonicInstant, call: EndpointCall, response: ResourceResponse)] = []
    /// How long such a handler takes, and what it answers.
    var answersLate: (Duration, ResourceResponse)?

    init(_ address: SocketAddress, seed: UInt64, endpoint: consuming CoAPEngine.Endpoint<NoProtection>) {
        self.address = address
        self.endpoint = endpoint
        random = SeededGenerator(seed: seed)
    }

    var nextDeadline: MonotonicInstant? {
        [endpoint.nextDeadline, late.map(\.at).min()].compactMap(\.self).min()
    }

    func takeOutgoing() -> [OutgoingDatagram] {
        defer { outgoing.removeAll() }
        return outgoing
    }

    func receive(_ bytes: [UInt8], from path: DatagramPath, at now: MonotonicInstant) {
        var effects: [EndpointEffect] = []
        endpoint.receive(bytes.span, from: path, at: now, random: &random, effects: &effects)
        carryOut(effects, at: now)
    }

    func handleTimers(at now: MonotonicInstant) {
        if let deadline = endpoint.nextDeadline, deadline <= now {
            var effects: [EndpointEffect] = []
            endpoint.handleTimers(at: now, random: &random, effects: &effects)
            carryOut(effects, at: now)
        }
        for answer in late.filter({ $0.at <= now }) {
            var effects: [EndpointEffect] = []
            endpoint.complete(answer.call, with: answer.response, at: now, random: &random, effects: &effects)
            carryOut(effects, at: now)
        }
        late.removeAll { $0.at <= now }
    }

    func start(_ request: ClientRequest, at now: MonotonicInstant) throws -> OperationID {
        var effects: [EndpointEffect] = []
        let id = try endpoint.start(request, at: now, random: &random, effects: &effects)
        carryOut(effects, at: now)
        return id
    }

    /// The system has refused to send a datagram of this node.
    func refused(_ datagram: OutgoingDatagram, at now: MonotonicInstant) {
        var effects: [EndpointEffect] = []
        endpoint.transmissionFailed(datagram, at: now, random: &random, effects: &effects)
        carryOut(effects, at: now)
    }

    func changed(_ path: [String], at now: MonotonicInstant) {
        var effects: [EndpointEffect] = []
        endpoint.resourceChanged(path, at: now, random: &random, effects: &effects)
        carryOut(effects, at: now)
    }

    private func carryOut(_ effects: [EndpointEffect], at now: MonotonicInstant) {
        for effect in effects {
            switch effect {
            case .transmit(let datagram): outgoing.append(datagram)
            case .response(let id, let response): responses[id, default: []].append(response)
            case .ended(let id, let end): ends[id] = end
            case .responseLost, .pingEnded: break
            case .call(let call, _):
                guard let (delay, response) = answersLate else { continue }
                late.append((now.advanced(by: delay), call, response))
            }
        }
    }
}
