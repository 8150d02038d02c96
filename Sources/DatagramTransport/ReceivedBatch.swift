public import Bytes
internal import Glibc

/// What the kernel told about a received datagram.
public struct DatagramArrival: Hashable, Sendable {
    /// Who sent it; the interface is named for link-local senders.
    public let source: SocketAddress
    /// The address that it was sent to: one of this host, or a group.
    public let destination: IPv6Address
    /// The interface that it came in by.
    public let interface: InterfaceIndex
}

/// Up to 32 datagrams, lent to the receiver's closure for the duration of one call.
@safe
public struct ReceivedBatch: ~Copyable {
    /// How many datagrams there are, 1 to 32.
    public private(set) var count = 0

    private let headers = UnsafeMutablePointer<mmsghdr>.allocate(capacity: batchLimit)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batchLimit)
    private let names = UnsafeMutablePointer<sockaddr_in6>.allocate(capacity: batchLimit)
    private let controls = UnsafeMutableRawPointer.allocate(
        byteCount: batchLimit * ControlMessages.capacity, alignment: 16)
    private let payloads = UnsafeMutablePointer<UInt8>.allocate(capacity: batchLimit * datagramLimit)
    /// Slot and arrival of the usable datagrams; its memory is kept.
    private var usable: [(slot: Int, arrival: DatagramArrival)] = []
    private var overflowCount: UInt32 = 0

    init() {
        usable.reserveCapacity(Self.batchLimit)
    }

    deinit {
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
        unsafe controls.deallocate()
        unsafe payloads.deallocate()
    }

    /// Where a datagram came from and went to.
    ///
    /// - Parameter index: 0 to ``count`` − 1.
    public func arrival(at index: Int) -> DatagramArrival {
        usable[index].arrival
    }

    /// The UDP payload of a datagram, 0 to 65,527 bytes, valid during the call only.
    ///
    /// - Parameter index: 0 to ``count`` − 1.
    @_lifetime(borrow self)
    public func bytes(at index: Int) -> Span<UInt8> {
        let slot = usable[index].slot
        let length = unsafe Int(headers[slot].msg_len)
        let span = unsafe Span(_unsafeStart: payloads + slot * Self.datagramLimit, count: length)
        return unsafe _overrideLifetime(span, borrowing: self)
    }

    /// Fetches what is there without waiting.
    ///
    /// - Returns: How many datagrams the kernel gave, usable or not; −1 with `errno` if none.
    mutating func fetch(from descriptor: Int32, counters: inout TransportCounters) -> Int {
        for slot in 0..<Self.batchLimit { prepare(slot) }
        usable.removeAll(keepingCapacity: true)
        count = 0
        let fetched = Int(
            unsafe recvmmsg(descriptor, headers, UInt32(Self.batchLimit), Int32(MSG_DONTWAIT), nil))
        guard fetched > 0 else { return fetched }
        for slot in 0..<fetched { accept(slot, counters: &counters) }
        count = usable.count
        counters.received += UInt64(count)
        return fetched
    }

    private func prepare(_ slot: Int) {
        unsafe vectors[slot] = iovec(
            iov_base: UnsafeMutableRawPointer(payloads + slot * Self.datagramLimit), iov_len: Self.datagramLimit)
        var header = unsafe msghdr()
        unsafe header.msg_name = UnsafeMutableRawPointer(names + slot)
        unsafe header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe header.msg_iov = vectors + slot
        unsafe header.msg_iovlen = 1
        unsafe header.msg_control = controls + slot * ControlMessages.capacity
        unsafe header.msg_controllen = ControlMessages.capacity
        unsafe headers[slot] = mmsghdr(msg_hdr: header, msg_len: 0)
    }

    private mutating func accept(_ slot: Int, counters: inout TransportCounters) {
        let header = unsafe headers[slot].msg_hdr
        let control = unsafe UnsafeRawBufferPointer(start: header.msg_control, count: Int(header.msg_controllen))
        let received = unsafe ControlMessages.read(control)
        if let overflow = received.overflowCount {
            counters.overflowed += UInt64(overflow &- overflowCount)
            overflowCount = overflow
        }
        let isTruncated = unsafe header.msg_flags & Int32(MSG_TRUNC) != 0
        guard !isTruncated, let destination = received.destination,
            unsafe header.msg_namelen == socklen_t(MemoryLayout<sockaddr_in6>.size)
        else {
            counters.unusable += 1
            return
        }
        let arrival = DatagramArrival(
            source: SocketAddress(unsafe names[slot]), destination: destination, interface: received.interface)
        usable.append((slot, arrival))
    }

    static let batchLimit = 32
    /// The largest UDP payload fits; pages that no datagram reaches are never touched.
    private static let datagramLimit = 65_536
}

@available(*, unavailable)
extension ReceivedBatch: Sendable {}
