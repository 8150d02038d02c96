import Bytes
import CoAP
import CoAPEngine
import DatagramTransport
import Synchronization

/// The sockets of one node: its own, and the one that hears the group.
final class NodeSockets: Sendable {
    private let own: DatagramSocket
    private let group: DatagramSocket?
    private let receivers: Mutex<[DatagramReceiver]>
    private let toGroups = Atomic<UInt64>(0)
    private let refused = Atomic<UInt64>(0)

    /// Where group datagrams are heard.
    struct GroupEndpoint: Sendable {
        let address: IPv6Address
        let port: UInt16
    }

    /// Binds the sockets; nothing is received yet.
    ///
    /// - Parameter manager: The Group Manager, whose port on this host is not for a node, also while it does not run.
    init(
        bind address: IPv6Address, port: UInt16?, group endpoint: GroupEndpoint?, manager: SocketAddress?,
        interface: InterfaceIndex, hopLimit: UInt8
    ) throws(TransportError) {
        let multicast = MulticastSending(interface: interface, hopLimit: hopLimit, loopsBack: true)
        // A node's own port is the group's, so that answers come from the port that was asked; where another node of
        // this host has it already, any other does, because clients match answers by Token.
        if let port {
            own = try DatagramSocket.unicast(
                bind: SocketAddress(address, port: port), families: .ipv6Only, multicast: multicast)
        } else if let endpoint, manager.map({ Self.isTaken(endpoint.port, of: address, by: $0) }) != true,
            let socket = try? DatagramSocket.unicast(
                bind: SocketAddress(address, port: endpoint.port), families: .ipv6Only, multicast: multicast)
        {
            own = socket
        } else {
            own = try DatagramSocket.unicast(
                bind: SocketAddress(address, port: 0), families: .ipv6Only, multicast: multicast)
        }
        group =
            if let endpoint {
                try DatagramSocket.group(endpoint.address, port: endpoint.port, interface: interface)
            } else {
                nil
            }
        receivers = Mutex([])
    }

    /// Whether a manager has this port of an address to itself: it may be on this host, and not run at the moment.
    private static func isTaken(_ port: UInt16, of address: IPv6Address, by manager: SocketAddress) -> Bool {
        manager.port == port && (address == .unspecified || address == manager.address) && isOwn(manager.address)
    }

    /// Whether an address is one of this host.
    private static func isOwn(_ address: IPv6Address) -> Bool {
        (try? DatagramSocket.unicast(bind: SocketAddress(address, port: 0), families: .ipv6Only)) != nil
    }

    /// The node's own address and port.
    var localAddress: SocketAddress { own.localAddress }

    /// The port at which the manager is to bring new keys: the own one of a process that serves the group.
    ///
    /// One that joins ends then, and which port its successor gets depends on what the manager answers. Where the operator has
    /// not chosen one that is most often the port that groups have by default. Where it is another the manager finds the node
    /// by its latest request.
    func controlPort(chosen: UInt16?, isMember: Bool) -> UInt16 {
        isMember ? localAddress.port : chosen ?? CoAPURI.Scheme.coap.defaultPort
    }

    /// Starts to receive.
    ///
    /// - Parameter handler: Takes a batch, or refuses it; a refused batch is dropped and counted.
    func receive(
        _ handler: @escaping @Sendable ([(bytes: [UInt8], path: DatagramPath)]) -> Bool
    ) throws(TransportError) {
        for socket in [own, group].compactMap(\.self) {
            let receiver = try DatagramReceiver(socket) { [weak self] batch in
                if !handler(batch.copied) { self?.refused.add(UInt64(batch.count), ordering: .relaxed) }
            }
            receivers.withLock { $0.append(receiver) }
        }
    }

    /// Sends one datagram; a failure is counted, never fatal.
    func send(_ datagram: OutgoingDatagram) {
        if datagram.destination.address.isMulticast { toGroups.add(1, ordering: .relaxed) }
        _ = own.send([
            OutboundDatagram(datagram.bytes, to: datagram.destination, source: datagram.source)
        ])
    }

    /// Ends receiving.
    func stop() {
        for receiver in receivers.withLock({ $0 }) { receiver.stop() }
    }

    var counters: (all: TransportCounters, toGroups: UInt64) {
        var counters = own.counters
        counters.overflowed += refused.load(ordering: .relaxed)
        if let group = group?.counters {
            counters.received += group.received
            counters.overflowed += group.overflowed
        }
        return (counters, toGroups.load(ordering: .relaxed))
    }
}

extension ReceivedBatch {
    /// The datagrams of a batch, copied for another thread. What is too long to be meant is left out.
    var copied: [(bytes: [UInt8], path: DatagramPath)] {
        (0..<count).compactMap { index in
            let arrival = arrival(at: index)
            let limit =
                arrival.destination.isMulticast ? LoopLimits.groupDatagram : LoopLimits.unicastDatagram
            guard bytes(at: index).count <= limit else { return nil }
            return (
                [UInt8](copying: bytes(at: index)),
                DatagramPath(
                    source: arrival.source, destination: arrival.destination, interface: arrival.interface)
            )
        }
    }
}
