internal import Bytes
internal import Glibc

/// Owns the file descriptor of one UDP socket.
struct Descriptor: ~Copyable, Sendable {
    let number: Int32

    init(_ number: Int32) {
        self.number = number
    }

    deinit {
        close(number)
    }

    func set(_ level: Int32, _ option: Int32, _ value: Int32, _ name: String, for address: SocketAddress)
        throws(TransportError)
    {
        var value = value
        let result = unsafe setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        guard result == 0 else { throw .cannotConfigure(option: name, address, .current) }
    }

    func get(_ level: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(number, level, option, &value, &length) == 0 ? value : nil
    }

    /// How many datagrams have found the buffer full, modulo 2^32; `nil` if the kernel does not say.
    var lostSoFar: UInt32? {
        // `SK_MEMINFO_DROPS` is the last of nine numbers.
        var numbers: (UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32) =
            (0, 0, 0, 0, 0, 0, 0, 0, 0)
        var length = socklen_t(36)
        guard unsafe getsockopt(number, SOL_SOCKET, SO_MEMINFO, &numbers, &length) == 0, length == 36 else {
            return nil
        }
        return numbers.8
    }

    func configure(_ multicast: MulticastSending, for address: SocketAddress) throws(TransportError) {
        let ipv6 = Int32(IPPROTO_IPV6)
        let interface = Int32(bitPattern: multicast.interface.rawValue)
        try set(ipv6, IPV6_MULTICAST_IF, interface, "IPV6_MULTICAST_IF", for: address)
        try set(ipv6, IPV6_MULTICAST_HOPS, Int32(multicast.hopLimit), "IPV6_MULTICAST_HOPS", for: address)
        try set(ipv6, IPV6_MULTICAST_LOOP, multicast.loopsBack ? 1 : 0, "IPV6_MULTICAST_LOOP", for: address)
    }

    /// A full send queue delays the caller for a moment, then the datagram counts as refused.
    func limitSendingTime(for address: SocketAddress) throws(TransportError) {
        var limit = timeval(tv_sec: 0, tv_usec: 100_000)
        let result = unsafe setsockopt(
            number, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        guard result == 0 else { throw .cannotConfigure(option: "SO_SNDTIMEO", address, .current) }
    }

    func bind(_ address: SocketAddress) throws(TransportError) {
        var kernel = address.kernel
        let result = unsafe withUnsafePointer(to: &kernel) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe Glibc.bind(
                    number, __CONST_SOCKADDR_ARG(__sockaddr__: pointer), socklen_t(MemoryLayout<sockaddr_in6>.size))
            }
        }
        guard result == 0 else { throw .cannotBind(address, .current) }
    }

    func join(_ group: IPv6Address, on interface: InterfaceIndex) throws(TransportError) {
        let error = change(IPV6_JOIN_GROUP, group, on: interface)
        if let error { throw .cannotJoin(group, interface: InterfaceTable.name(of: interface), error) }
    }

    /// Forgets a membership, also one that the interface has forgotten.
    func leave(_ group: IPv6Address, on interface: InterfaceIndex) {
        _ = change(IPV6_LEAVE_GROUP, group, on: interface)
    }

    private func change(_ option: Int32, _ group: IPv6Address, on interface: InterfaceIndex) -> SystemErrorNumber? {
        var request = ipv6_mreq(ipv6mr_multiaddr: group.kernel, ipv6mr_interface: interface.rawValue)
        let result = unsafe setsockopt(
            number, Int32(IPPROTO_IPV6), option, &request, socklen_t(MemoryLayout<ipv6_mreq>.size))
        return result == 0 ? nil : .current
    }

    var localAddress: SocketAddress? {
        var kernel = sockaddr_in6()
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let result = unsafe withUnsafeMutablePointer(to: &kernel) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe getsockname(number, __SOCKADDR_ARG(__sockaddr__: pointer), &length)
            }
        }
        return result == 0 ? SocketAddress(kernel) : nil
    }
}
