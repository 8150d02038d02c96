public import Bytes

/// One datagram on its way out.
public struct OutboundDatagram: Hashable, Sendable {
    /// The UDP payload, at most 65,527 bytes; over IPv4 65,507.
    public var bytes: [UInt8]
    /// Where it goes. The interface counts for multicast and link-local destinations only.
    public var destination: SocketAddress
    /// The address it comes from, one of this host and of the destination's family; `nil`: the kernel chooses.
    public var source: IPv6Address?
    /// Replaces the socket's hop limit for this datagram.
    public var hopLimit: UInt8?

    /// Creates a datagram.
    public init(
        _ bytes: [UInt8], to destination: SocketAddress, source: IPv6Address? = nil, hopLimit: UInt8? = nil
    ) {
        self.bytes = bytes
        self.destination = destination
        self.source = source
        self.hopLimit = hopLimit
    }
}
