public import Bytes
internal import Glibc

/// One network interface of this host.
public struct NetworkInterface: Hashable, Sendable {
    /// The name that people use, such as `eth0`.
    public let name: String
    /// The kernel's number for it.
    public let index: InterfaceIndex
    /// Whether it is the loopback interface.
    public let isLoopback: Bool
    /// Whether it is up and carries the MULTICAST flag. `lo` does so only after `ip link set lo multicast on`.
    public let isMulticastCapable: Bool
    /// Whether it is up and its link works, for example a cable is plugged in.
    public let isRunning: Bool
    /// Its IPv6 addresses, in the kernel's order.
    public fileprivate(set) var addresses: [IPv6Address]
}

/// The network interfaces of this host, asked anew at each call.
public enum InterfaceTable: Sendable {
    /// Every interface, by ascending index.
    public static func all() throws(TransportError) -> [NetworkInterface] {
        var first: UnsafeMutablePointer<ifaddrs>?
        guard unsafe getifaddrs(&first) == 0 else { throw .cannotListInterfaces(.current) }
        defer { unsafe freeifaddrs(first) }
        var interfaces: [InterfaceIndex: NetworkInterface] = [:]
        var next = unsafe first
        while let entry = unsafe next {
            unsafe add(entry.pointee, to: &interfaces)
            unsafe next = entry.pointee.ifa_next
        }
        return interfaces.values.sorted { $0.index.rawValue < $1.index.rawValue }
    }

    /// The interfaces that can take part in multicast groups now.
    public static func multicastCapable() throws(TransportError) -> [NetworkInterface] {
        try all().filter(\.isMulticastCapable)
    }

    /// The index of an interface.
    ///
    /// - Throws: ``TransportError/noSuchInterface(_:)``.
    public static func index(named name: String) throws(TransportError) -> InterfaceIndex {
        let index = unsafe name.withCString { unsafe if_nametoindex($0) }
        guard index != 0 else { throw .noSuchInterface(name) }
        return InterfaceIndex(index)
    }

    /// The name of an interface; its number as text if it has none any more.
    public static func name(of index: InterfaceIndex) -> String {
        unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(IF_NAMESIZE)) { buffer in
            guard let base = buffer.baseAddress, unsafe if_indextoname(index.rawValue, base) != nil else {
                return "\(index.rawValue)"
            }
            return unsafe String(cString: base)
        }
    }

    private static func add(_ entry: ifaddrs, to interfaces: inout [InterfaceIndex: NetworkInterface]) {
        guard let name = unsafe entry.ifa_name else { return }
        let index = unsafe InterfaceIndex(if_nametoindex(name))
        guard index != .unspecified else { return }
        let flags = unsafe entry.ifa_flags
        var interface =
            interfaces[index]
            ?? NetworkInterface(
                name: unsafe String(cString: name), index: index, isLoopback: flags & UInt32(IFF_LOOPBACK) != 0,
                isMulticastCapable: flags & UInt32(IFF_MULTICAST) != 0 && flags & UInt32(IFF_UP) != 0,
                isRunning: flags & UInt32(IFF_RUNNING) != 0, addresses: [])
        if let address = unsafe entry.ifa_addr, unsafe address.pointee.sa_family == sa_family_t(AF_INET6) {
            let kernel = unsafe UnsafeRawPointer(address).loadUnaligned(as: sockaddr_in6.self)
            interface.addresses.append(IPv6Address(kernel.sin6_addr))
        }
        interfaces[index] = interface
    }
}
