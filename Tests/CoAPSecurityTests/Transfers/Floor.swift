import Bytes
import CoAP
import TestSupport

@testable import CoAPEngine

/// What takes part in a ``Floor``.
protocol FloorNode: AnyObject {
    var address: SocketAddress { get }
    var nextDeadline: MonotonicInstant? { get }
    func receive(_ bytes: [UInt8], from path: DatagramPath, at now: MonotonicInstant)
    func handleTimers(at now: MonotonicInstant)
    func takeOutgoing() -> [OutgoingDatagram]
}

/// Endpoints on one link that loses nothing unless a test wants it, and one clock that jumps from event to event.
final class Floor {
    /// A datagram that was sent.
    struct Sent {
        let source: SocketAddress
        let destination: SocketAddress
        let header: DatagramHeader
        let message: Message
    }

    static func address(_ host: UInt64) -> SocketAddress {
        SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: host), port: 5683)
    }

    static let group = SocketAddress(IPv6Address(high: 0xff35_0030_fd00_0000, low: 1), port: 5683)

    private(set) var now = MonotonicInstant(nanoseconds: 1_000_000_000)
    /// Everything that was sent, in order.
    private(set) var sent: [Sent] = []
    /// Everything that a test has put on the link.
    private(set) var injected: [Sent] = []
    /// What becomes of a datagram on its way; by default it arrives.
    var isDelivered: (Sent) -> Bool = { _ in true }
    private var nodes: [any FloorNode] = []
    private var underWay: [(at: MonotonicInstant, source: SocketAddress, datagram: OutgoingDatagram)] = []

    /// Everybody is in the group.
    func add(_ node: some FloorNode) { nodes.append(node) }

    func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        collect()
        while let next = nextEvent, next <= end {
            now = max(now, next)
            let due = underWay.filter { $0.at <= now }
            underWay.removeAll { $0.at <= now }
            for delivery in due { deliver(delivery.datagram, from: delivery.source) }
            for node in nodes {
                if let deadline = node.nextDeadline, deadline <= now { node.handleTimers(at: now) }
            }
            collect()
        }
        now = end
    }

    /// Lets a datagram arrive that somebody has recorded or made up.
    func inject(_ datagram: OutgoingDatagram, from source: SocketAddress) {
        if let record = Self.read(datagram, from: source) { injected.append(record) }
        deliver(datagram, from: source)
        collect()
    }

    private var nextEvent: MonotonicInstant? {
        [underWay.map(\.at).min(), nodes.compactMap(\.nextDeadline).min()].compactMap(\.self).min()
    }

    private func deliver(_ datagram: OutgoingDatagram, from source: SocketAddress) {
        let destination = datagram.destination
        for node in nodes where node.address != source {
            guard node.address == destination || destination.address.isMulticast else { continue }
            node.receive(
                datagram.bytes, from: DatagramPath(source: source, destination: destination.address), at: now)
        }
    }

    private func collect() {
        for node in nodes {
            for datagram in node.takeOutgoing() {
                guard let record = Self.read(datagram, from: node.address) else { continue }
                sent.append(record)
                guard isDelivered(record) else { continue }
                underWay.append((now.advanced(by: .milliseconds(10)), node.address, datagram))
            }
        }
    }

    private static func read(_ datagram: OutgoingDatagram, from source: SocketAddress) -> Sent? {
        guard let (header, offset) = try? DatagramCodec.decode(datagram.bytes.span),
            let message = try? Message(code: header.code, body: datagram.bytes.span.extracting(droppingFirst: offset))
        else { return nil }
        return Sent(source: source, destination: datagram.destination, header: header, message: message)
    }

    /// The requests that somebody has sent, each once.
    func requests(of node: some FloorNode) -> [Sent] {
        var seen: Set<MessageID> = []
        return sent.filter {
            $0.source == node.address && $0.header.code.isRequest && seen.insert($0.header.messageID).inserted
        }
    }
}
