public import Bytes
internal import Glibc
internal import Synchronization

/// One datagram on its way out.
public struct OutboundDatagram: Hashable, Sendable {
    /// The UDP payload, at most 65,527 bytes.
    public var bytes: [UInt8]
    /// Where it goes. The interface counts for multicast and link-local destinations only.
    public var destination: SocketAddress
    /// The address it comes from, one of this host; `nil`: the kernel chooses.
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

extension DatagramSocket {
    /// Sends datagrams in order, up to 32 in one system call. A refused datagram does not stop those after it, and the
    /// socket stays usable. Does not allocate once its buffers have grown to the largest batch.
    ///
    /// Waits at most 100 ms for a full send queue.
    ///
    /// - Parameters:
    ///   - batch: What to send.
    ///   - failure: Is called for each refused datagram with its index in the batch and the reason, always
    ///     ``TransportError/cannotSend(to:_:)``. It must not send on this socket.
    /// - Returns: How many the kernel accepted.
    @discardableResult
    public func send(_ batch: [OutboundDatagram], failure: (Int, TransportError) -> Void = { _, _ in }) -> Int {
        let sent = sending.withLock { buffers in
            var sent = 0
            var start = 0
            while start < batch.count {
                let end = min(start + SendBuffers.batchLimit, batch.count)
                buffers.fill(batch[start..<end])
                sent += sendFilled(&buffers, batch[start..<end], failure: failure)
                start = end
            }
            return sent
        }
        counting.withLock { counting in
            counting.counters.sent += UInt64(sent)
            counting.counters.sendFailures += UInt64(batch.count - sent)
        }
        return sent
    }

    /// Sends one datagram.
    ///
    /// - Throws: ``TransportError/cannotSend(to:_:)``; the socket stays usable.
    public func send(_ datagram: OutboundDatagram) throws(TransportError) {
        var refusal: TransportError?
        send([datagram]) { refusal = $1 }
        if let refusal { throw refusal }
    }

    private func sendFilled(
        _ buffers: inout SendBuffers, _ batch: ArraySlice<OutboundDatagram>, failure: (Int, TransportError) -> Void
    ) -> Int {
        var sent = 0
        var next = 0
        while next < batch.count {
            let accepted = buffers.transmit(from: next, count: batch.count - next, on: descriptor.number)
            if accepted > 0 {
                sent += accepted
                next += accepted
                continue
            }
            let error = SystemErrorNumber.current
            guard error.rawValue != EINTR else { continue }
            // The kernel reports the reason for the first datagram only; go on behind it.
            let index = batch.startIndex + next
            failure(index, .cannotSend(to: batch[index].destination, error))
            next += 1
        }
        return sent
    }
}

/// The memory that `sendmmsg` reads, kept between calls. It has one owner, so it may move between threads.
@safe
struct SendBuffers: ~Copyable, @unchecked Sendable {
    static let batchLimit = 32

    private let headers = UnsafeMutablePointer<mmsghdr>.allocate(capacity: batchLimit)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batchLimit)
    private let names = UnsafeMutablePointer<sockaddr_in6>.allocate(capacity: batchLimit)
    private let controls = UnsafeMutableRawPointer.allocate(
        byteCount: batchLimit * ControlMessages.capacity, alignment: 16)
    private var payloads: UnsafeMutableRawPointer
    private var payloadCapacity = 64 * 1024

    init() {
        unsafe payloads = .allocate(byteCount: payloadCapacity, alignment: 16)
    }

    deinit {
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
        unsafe controls.deallocate()
        unsafe payloads.deallocate()
    }

    /// Lays out at most ``batchLimit`` datagrams for the kernel.
    mutating func fill(_ batch: ArraySlice<OutboundDatagram>) {
        let total = batch.reduce(0) { $0 + $1.bytes.count }
        if total > payloadCapacity {
            unsafe payloads.deallocate()
            unsafe payloads = .allocate(byteCount: total, alignment: 16)
            payloadCapacity = total
        }
        var offset = 0
        for (slot, datagram) in batch.enumerated() {
            let payload = unsafe payloads + offset
            let count = datagram.bytes.count
            unsafe datagram.bytes.withUnsafeBytes { bytes in
                if let base = bytes.baseAddress { unsafe payload.copyMemory(from: base, byteCount: count) }
            }
            offset += count
            unsafe vectors[slot] = iovec(iov_base: payload, iov_len: count)
            unsafe names[slot] = datagram.destination.kernel
            let control = unsafe controls + slot * ControlMessages.capacity
            var header = unsafe msghdr()
            unsafe header.msg_name = UnsafeMutableRawPointer(names + slot)
            unsafe header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
            unsafe header.msg_iov = vectors + slot
            unsafe header.msg_iovlen = 1
            let length = unsafe Self.write(datagram, to: control)
            unsafe header.msg_control = length > 0 ? control : nil
            unsafe header.msg_controllen = length
            unsafe headers[slot] = mmsghdr(msg_hdr: header, msg_len: 0)
        }
    }

    /// How many were accepted; −1 with `errno` if already the first was refused.
    func transmit(from first: Int, count: Int, on descriptor: Int32) -> Int {
        Int(unsafe sendmmsg(descriptor, headers + first, UInt32(count), Int32(MSG_NOSIGNAL)))
    }

    private static func write(_ datagram: OutboundDatagram, to control: UnsafeMutableRawPointer) -> Int {
        var length = 0
        let destination = datagram.destination
        let pinsInterface = destination.address.isMulticast || destination.address.needsInterface
        let interface = pinsInterface ? destination.interface : .unspecified
        if datagram.source != nil || interface != .unspecified {
            let info = in6_pktinfo(
                ipi6_addr: (datagram.source ?? .unspecified).kernel, ipi6_ifindex: interface.rawValue)
            unsafe ControlMessages.append(
                level: Int32(IPPROTO_IPV6), type: IPV6_PKTINFO, info, to: control, length: &length)
        }
        if let hopLimit = datagram.hopLimit {
            unsafe ControlMessages.append(
                level: Int32(IPPROTO_IPV6), type: IPV6_HOPLIMIT, Int32(hopLimit), to: control, length: &length)
        }
        return length
    }
}
