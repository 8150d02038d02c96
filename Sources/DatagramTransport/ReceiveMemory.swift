internal import Bytes
internal import Glibc

/// What one `recvmmsg` has shown beside the datagrams.
struct FetchTally {
    /// How many datagrams the kernel gave, usable or not; negative if it refused.
    var fetched: Int
    /// `errno`; means something after a refusal only.
    var error: Int32
    /// Sent to many over IPv4, longer than the buffer, or without the destination address.
    var unusable = 0
    /// How many datagrams the socket has lost since it was opened, modulo 2^32; `nil` if the kernel did not say.
    var lostSoFar: UInt32?
}

/// The memory that `recvmmsg` writes to, kept between calls.
///
/// It may move between threads, because it has one owner: a ``ReceivedBatch``, which is not copyable.
@safe
final class ReceiveMemory: @unchecked Sendable {
    /// Slot and arrival of the usable datagrams; its memory is kept.
    private(set) var usable: [(slot: Int, arrival: DatagramArrival)] = []
    /// How many headers, from the first on, are not as a fetch needs them, because the kernel has written to them.
    private var touched = batchLimit

    private let headers = UnsafeMutablePointer<mmsghdr>.allocate(capacity: batchLimit)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batchLimit)
    private let names = UnsafeMutablePointer<sockaddr_in6>.allocate(capacity: batchLimit)
    private let controls = UnsafeMutableRawPointer.allocate(
        byteCount: batchLimit * ControlMessages.capacity, alignment: 16)
    private let payloads = UnsafeMutablePointer<UInt8>.allocate(capacity: batchLimit * datagramLimit)

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

    func payload(at slot: Int) -> UnsafeBufferPointer<UInt8> {
        let length = unsafe Int(headers[slot].msg_len)
        return unsafe UnsafeBufferPointer(start: payloads + slot * Self.datagramLimit, count: length)
    }

    func fetch(from descriptor: Int32) -> FetchTally {
        for slot in 0..<touched { prepare(slot) }
        usable.removeAll(keepingCapacity: true)
        let fetched = Int(
            unsafe recvmmsg(descriptor, headers, UInt32(Self.batchLimit), Int32(MSG_DONTWAIT), nil))
        var tally = FetchTally(fetched: fetched, error: errno)
        touched = min(max(fetched, 0) + 1, Self.batchLimit)
        for slot in 0..<max(fetched, 0) { accept(slot, &tally) }
        return tally
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

    private func accept(_ slot: Int, _ tally: inout FetchTally) {
        let header = unsafe headers[slot].msg_hdr
        let control = unsafe UnsafeRawBufferPointer(start: header.msg_control, count: Int(header.msg_controllen))
        let received = unsafe ControlMessages.read(control)
        if let lost = received.overflowCount { tally.lostSoFar = lost }
        let isTruncated = unsafe header.msg_flags & Int32(MSG_TRUNC) != 0
        guard !isTruncated, !received.isToManyOverIPv4, let destination = received.destination,
            unsafe header.msg_namelen == socklen_t(MemoryLayout<sockaddr_in6>.size)
        else {
            tally.unusable += 1
            return
        }
        let arrival = DatagramArrival(
            source: SocketAddress(unsafe names[slot]), destination: destination, interface: received.interface)
        usable.append((slot, arrival))
    }

    private static let batchLimit = 32
    /// The largest UDP payload fits; pages that no datagram reaches are never touched.
    private static let datagramLimit = 65_536
}
