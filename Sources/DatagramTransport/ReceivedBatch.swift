public import Bytes

/// What the kernel told about a received datagram.
public struct DatagramArrival: Hashable, Sendable {
    /// Who sent it; the interface is named for link-local senders.
    public let source: SocketAddress
    /// The address that it was sent to: one of this host, or a group.
    public let destination: IPv6Address
    /// The interface that it came in by.
    public let interface: InterfaceIndex
}

/// Room for up to 32 datagrams, and what was fetched into it last.
public struct ReceivedBatch: ~Copyable, Sendable {
    // A class, because other modules must know how large this is, and types of the kernel are not visible everywhere.
    private let memory = ReceiveMemory()

    /// Reserves 2 MB of address space, of which only what datagrams reach takes memory.
    public init() {}

    /// How many datagrams there are, 0 to 32.
    public var count: Int { memory.usable.count }

    /// Where a datagram came from and went to.
    ///
    /// - Parameter index: 0 to ``count`` − 1.
    public func arrival(at index: Int) -> DatagramArrival {
        memory.usable[index].arrival
    }

    /// The UDP payload of a datagram, 0 to 65,527 bytes, valid until the next fetch.
    ///
    /// - Parameter index: 0 to ``count`` − 1.
    @_lifetime(borrow self)
    public func bytes(at index: Int) -> Span<UInt8> {
        let payload = unsafe memory.payload(at: memory.usable[index].slot)
        let span = unsafe Span(_unsafeElements: payload)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Fetches what is there without waiting. (Mutating, because it ends the life of the spans.)
    mutating func fetch(from descriptor: Int32) -> FetchTally {
        memory.fetch(from: descriptor)
    }
}
