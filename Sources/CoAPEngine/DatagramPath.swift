public import Bytes

/// The way that a received datagram took.
public struct DatagramPath: Hashable, Sendable {
    /// Who sent it.
    public var source: SocketAddress
    /// The address that it was sent to: one of ours, or a group that we joined.
    public var destination: IPv6Address
    /// The interface that it came in on.
    public var interface: InterfaceIndex
    /// For a request to a group: the unicast address that its answer comes from, one of the interface; `nil` lets the kernel
    /// choose (COAP-0085).
    public var answerAddress: IPv6Address?

    /// Creates a path.
    public init(source: SocketAddress, destination: IPv6Address, interface: InterfaceIndex = .unspecified) {
        self.source = source
        self.destination = destination
        self.interface = interface
    }

    /// Whether it was sent to a group.
    public var isMulticast: Bool { destination.isMulticast }

    /// The address that an answer comes from: the one that was asked, unless it is a group's or not known.
    internal var answerSource: IPv6Address? {
        // COAP-0085
        if destination.isMulticast { return answerAddress }
        return destination == .unspecified ? nil : destination
    }

    /// Where an answer goes: the source, on the interface of arrival if its address means nothing elsewhere.
    internal var answerDestination: SocketAddress {
        var address = source
        if address.address.isLinkLocal, address.interface == .unspecified { address.interface = interface }
        return address
    }
}

/// A datagram for the socket to send.
public struct OutgoingDatagram: Hashable, Sendable {
    /// The UDP payload.
    public var bytes: [UInt8]
    /// Whom to send it to: an endpoint or a group.
    public var destination: SocketAddress
    /// The address to send from; `nil` lets the kernel choose. Never a multicast address.
    public var source: IPv6Address?

    /// Creates a datagram.
    public init(bytes: [UInt8], destination: SocketAddress, source: IPv6Address? = nil) {
        self.bytes = bytes
        self.destination = destination
        self.source = source
    }
}
