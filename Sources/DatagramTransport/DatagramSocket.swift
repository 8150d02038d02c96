public import Bytes
internal import Glibc
internal import Synchronization

/// How a socket sends to multicast groups. Nothing is left to the kernel's defaults.
public struct MulticastSending: Hashable, Sendable {
    /// The interface that group datagrams leave by when the destination names none; unspecified: as routed.
    public var interface: InterfaceIndex
    /// 1 keeps datagrams on the link; at most 255. With 0 those for which this host has members, and which it hears itself,
    /// stay on it; Linux sends others all the same, so name `lo` as the interface to be sure.
    public var hopLimit: UInt8
    /// Whether members on this host receive what this socket sends to a group.
    public var loopsBack: Bool

    /// Creates a choice.
    public init(interface: InterfaceIndex = .unspecified, hopLimit: UInt8, loopsBack: Bool) {
        self.interface = interface
        self.hopLimit = hopLimit
        self.loopsBack = loopsBack
    }

    /// One link, members on this host included.
    public static let link = Self(hopLimit: 1, loopsBack: true)
}

/// Which peers a socket of `::` serves.
public enum AddressFamilies: Hashable, Sendable {
    /// The port of IPv4 stays free for others.
    case ipv6Only
    /// IPv4 for unicast too; the port must be free in both.
    case ipv6AndIPv4
}

/// A UDP socket that knows the destination address of what it receives and chooses the source of what it sends. Closed
/// when the last reference goes. Groups are of IPv6 only; IPv4 peers and addresses appear as `::ffff:a.b.c.d`.
public final class DatagramSocket: Sendable {
    /// What the socket is bound to. The port is the real one, also when 0 was asked for; the interface is named for a
    /// group socket.
    public let localAddress: SocketAddress
    /// How many bytes of unread datagrams the kernel keeps, as it counts them (overhead included).
    public let receiveBufferSize: Int

    let descriptor: Descriptor
    let sending = Mutex<SendMemory?>(nil)
    let counting = Mutex(Counting())
    /// Fetching has failed the last time.
    let isResting = Atomic(false)

    /// Opens a socket for one member's own unicast address. It also sends to groups.
    ///
    /// - Parameters:
    ///   - address: `::` receives at every address of the host; port 0 lets the kernel choose.
    ///   - families: Whether `::` serves IPv4 too. Any other address serves its own family alone.
    ///   - multicast: How datagrams to groups leave.
    /// - Throws: ``TransportError/cannotBind(_:_:)`` when the address is taken by another socket or not of this host.
    public static func unicast(
        bind address: SocketAddress, families: AddressFamilies = .ipv6AndIPv4, multicast: MulticastSending = .link
    ) throws(TransportError) -> DatagramSocket {
        guard !address.address.isMulticast, !address.address.isIPv4Multicast else {
            throw .notUnicast(address.address)
        }
        let families: AddressFamilies =
            if address.address.isIPv4Mapped {
                .ipv6AndIPv4
            } else if address.address == .unspecified {
                families
            } else {
                .ipv6Only
            }
        let descriptor = try open(address, families)
        try descriptor.configure(multicast, for: address)
        do throws(TransportError) {
            try descriptor.bind(address)
        } catch {
            guard address.address == .unspecified, try isHeldByGroupsOnly(address, families) else { throw error }
            try descriptor.set(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", for: address)
            try descriptor.bind(address)
        }
        if address.address == .unspecified {
            // After the bind, so that a second socket for `::` is still refused, while group sockets on the same port
            // (they set it too) may follow.
            try descriptor.set(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", for: address)
        }
        let bound = descriptor.localAddress ?? address
        return DatagramSocket(descriptor, localAddress: bound)
    }

    /// Opens a socket that receives what is sent to one multicast group on one interface. Any number of them, in any
    /// number of processes, may share a group and port: each gets every datagram.
    ///
    /// - Throws: ``TransportError/cannotJoin(_:interface:_:)`` when the interface refuses the group.
    public static func group(
        _ group: IPv6Address, port: UInt16, interface: InterfaceIndex
    ) throws(TransportError) -> DatagramSocket {
        guard group.isMulticast else { throw .notMulticast(group) }
        guard interface != .unspecified else { throw .noInterfaceNamed(group) }
        let address = SocketAddress(group, port: port, interface: interface)
        let descriptor = try open(address, .ipv6Only)
        try descriptor.set(SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", for: address)
        try descriptor.join(group, on: interface)
        // The kernel matches a group by address alone, so another interface's members would be heard too. Older kernels
        // refuse this to ordinary users; the group address in `bind` is then the only filter.
        try? descriptor.set(SOL_SOCKET, SO_BINDTOIFINDEX, Int32(bitPattern: interface.rawValue), "", for: address)
        try descriptor.bind(address)
        let bound = SocketAddress(group, port: descriptor.localAddress?.port ?? port, interface: interface)
        return DatagramSocket(descriptor, localAddress: bound)
    }

    /// Joins the group of this socket once more, where the kernel has lost the membership.
    func joinAgain() throws(TransportError) {
        descriptor.leave(localAddress.address, on: localAddress.interface)
        try descriptor.join(localAddress.address, on: localAddress.interface)
    }

    /// Whether the port of `::` is taken by sockets of groups alone, which share it with anybody. A socket of `::`
    /// would keep the loopback address from being bound; one of a group does not.
    private static func isHeldByGroupsOnly(
        _ address: SocketAddress, _ families: AddressFamilies
    ) throws(TransportError) -> Bool {
        let loopback = SocketAddress(.loopback, port: address.port)
        guard (try? open(loopback, .ipv6Only).bind(loopback)) != nil else { return false }
        guard families == .ipv6AndIPv4 else { return true }
        let loopback4 = SocketAddress(IPv6Address(ipv4: 0x7f00_0001), port: address.port)
        return (try? open(loopback4, .ipv6AndIPv4).bind(loopback4)) != nil
    }

    /// What happened here so far. Asks the kernel how much it has dropped until now.
    public var counters: TransportCounters {
        let lost = descriptor.lostSoFar
        return counting.withLock { counting in
            if let lost { counting.noteLost(lost) }
            return counting.counters
        }
    }

    private init(_ descriptor: consuming Descriptor, localAddress: SocketAddress) {
        self.localAddress = localAddress
        self.receiveBufferSize = Int(descriptor.get(SOL_SOCKET, SO_RCVBUF) ?? 0)
        self.descriptor = descriptor
    }

    private static func open(
        _ address: SocketAddress, _ families: AddressFamilies
    ) throws(TransportError) -> Descriptor {
        let type = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = socket(AF_INET6, type, Int32(IPPROTO_UDP))
        guard number >= 0 else { throw .cannotOpen(address, .current) }
        let descriptor = Descriptor(number)
        let ipv6 = Int32(IPPROTO_IPV6)
        let isIPv6Only: Int32 = families == .ipv6Only ? 1 : 0
        try descriptor.set(ipv6, IPV6_V6ONLY, isIPv6Only, "IPV6_V6ONLY", for: address)
        if families == .ipv6AndIPv4 {
            // The destination comes with IPV6_PKTINFO for both families; this tells unicast from broadcast.
            try descriptor.set(Int32(IPPROTO_IP), IP_PKTINFO, 1, "IP_PKTINFO", for: address)
            // Groups that others of this host have joined are not for us.
            try descriptor.set(Int32(IPPROTO_IP), IP_MULTICAST_ALL, 0, "IP_MULTICAST_ALL", for: address)
        }
        try descriptor.set(ipv6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO", for: address)
        try descriptor.set(ipv6, IPV6_MULTICAST_ALL, 0, "IPV6_MULTICAST_ALL", for: address)
        try descriptor.set(SOL_SOCKET, SO_RXQ_OVFL, 1, "SO_RXQ_OVFL", for: address)
        do throws(TransportError) {
            try descriptor.set(SOL_SOCKET, SO_RCVBUFFORCE, receiveBufferRequest, "SO_RCVBUFFORCE", for: address)
        } catch {
            // Ordinary users get as much as net.core.rmem_max allows.
            try descriptor.set(SOL_SOCKET, SO_RCVBUF, receiveBufferRequest, "SO_RCVBUF", for: address)
        }
        try descriptor.limitSendingTime(for: address)
        return descriptor
    }

    /// The default holds 256 small datagrams, 9 ms of verifying; this holds 10,000.
    private static let receiveBufferRequest: Int32 = 4 << 20
}

/// Numbers that only grow.
public struct TransportCounters: Hashable, Sendable {
    /// Datagrams handed over.
    public var received: UInt64 = 0
    /// Datagrams that the kernel dropped because they were not fetched in time.
    public var overflowed: UInt64 = 0
    /// Datagrams dropped here: sent to a broadcast or multicast address of IPv4, or without their destination address.
    public var unusable: UInt64 = 0
    /// Times that fetching failed.
    public var receiveFailures: UInt64 = 0
    /// Datagrams that the kernel accepted.
    public var sent: UInt64 = 0
    /// Datagrams that the kernel refused.
    public var sendFailures: UInt64 = 0

    /// All zero.
    public init() {}

    /// Adds what another socket has counted.
    public mutating func add(_ other: Self) {
        received += other.received
        overflowed += other.overflowed
        unusable += other.unusable
        receiveFailures += other.receiveFailures
        sent += other.sent
        sendFailures += other.sendFailures
    }
}
