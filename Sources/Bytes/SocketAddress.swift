/// Where a datagram comes from or goes to: an IPv6 address, a UDP port and, for link-local scope, an interface.
public struct SocketAddress: Hashable, Sendable {
    /// The IPv6 address; IPv4 peers appear as `::ffff:a.b.c.d`.
    public var address: IPv6Address
    /// The UDP port, 0 to 65535.
    public var port: UInt16
    /// The interface that a link-local or multicast address belongs to; 0 if none is named.
    public var interface: InterfaceIndex

    /// Creates a socket address.
    public init(_ address: IPv6Address, port: UInt16, interface: InterfaceIndex = .unspecified) {
        self.address = address
        self.port = port
        self.interface = interface
    }
}

extension SocketAddress: CustomStringConvertible {
    /// `[address]:port`, or `[address%index]:port` when an interface is named; `192.0.2.1:port` for an IPv4 peer.
    public var description: String {
        if let text = address.ipv4Text { return "\(text):\(port)" }
        return interface == .unspecified ? "[\(address)]:\(port)" : "[\(address)%\(interface.rawValue)]:\(port)"
    }
}

/// The number that the kernel gives a network interface.
public struct InterfaceIndex: Hashable, Sendable {
    /// 1 or more; 0 stands for none.
    public let rawValue: UInt32

    /// Creates an index from the kernel's number.
    public init(_ rawValue: UInt32) {
        self.rawValue = rawValue
    }

    /// No interface named: the kernel chooses.
    public static let unspecified = Self(0)
}
