public import Bytes

/// Up to 32 datagrams that leave in one system call. To be used again and again; appending copies the bytes
/// once and does not allocate.
public struct OutboundBatch: ~Copyable, Sendable {
    // A class, because other modules must know how large this is, and types of the kernel are not visible everywhere.
    let memory = SendMemory()

    /// Reserves 2 MB of address space, of which only what datagrams reach takes memory.
    public init() {}

    /// How many datagrams there are, 0 to 32.
    public var count: Int { memory.count }

    /// Whether no more fits before the batch is sent.
    public var isFull: Bool { memory.count == SendMemory.batchLimit }

    /// Adds a datagram behind the others.
    ///
    /// - Parameters:
    ///   - bytes: The UDP payload. Anything above 65,527 bytes (over IPv4 65,507) will be refused when it is sent.
    ///   - destination: Where it goes. The interface counts for multicast and link-local destinations only.
    ///   - source: The address it comes from, one of this host and of the destination's family; `nil`: the kernel
    ///     chooses.
    ///   - hopLimit: Replaces the socket's hop limit for this datagram.
    /// - Precondition: The batch is not full.
    public mutating func append(
        _ bytes: Span<UInt8>, to destination: SocketAddress, source: IPv6Address? = nil, hopLimit: UInt8? = nil
    ) {
        precondition(!isFull, "a batch has 32 datagrams")
        unsafe bytes.withUnsafeBytes { bytes in
            unsafe memory.append(bytes, DatagramHeader(destination, source: source, hopLimit: hopLimit))
        }
    }

    /// Adds a datagram behind the others; see ``append(_:to:source:hopLimit:)-(Span<UInt8>,_,_,_)``.
    public mutating func append(
        _ bytes: [UInt8], to destination: SocketAddress, source: IPv6Address? = nil, hopLimit: UInt8? = nil
    ) {
        append(bytes.span, to: destination, source: source, hopLimit: hopLimit)
    }

    /// Forgets the datagrams.
    public mutating func removeAll() {
        memory.removeAll()
    }
}
