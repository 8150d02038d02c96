internal import Bytes
internal import Glibc

/// The memory that `sendmmsg` reads, kept between calls.
///
/// It may move between threads, because it has one owner: an ``OutboundBatch``, which is not copyable, or the lock of a socket.
@safe
final class SendMemory: @unchecked Sendable {
    static let batchLimit = 32

    /// How many slots are filled.
    var count: Int { destinations.count }

    /// Where the datagrams go, a slot each; its memory is kept. (The kernel's form has no interface for wide scopes.)
    private var destinations: [SocketAddress] = []
    private let headers = UnsafeMutablePointer<mmsghdr>.allocate(capacity: batchLimit)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batchLimit)
    private let names = UnsafeMutablePointer<sockaddr_in6>.allocate(capacity: batchLimit)
    private let controls = UnsafeMutableRawPointer.allocate(
        byteCount: batchLimit * ControlMessages.capacity, alignment: 16)
    private let payloads = UnsafeMutableRawPointer.allocate(byteCount: batchLimit * datagramLimit, alignment: 16)

    init() {
        destinations.reserveCapacity(Self.batchLimit)
    }

    deinit {
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
        unsafe controls.deallocate()
        unsafe payloads.deallocate()
    }

    /// Lays out one more datagram; the caller has seen that there is room.
    func append(_ bytes: UnsafeRawBufferPointer, _ datagram: DatagramHeader) {
        let slot = count
        let payload = unsafe payloads + slot * Self.datagramLimit
        // What is cut off here is longer than any UDP payload still, so the kernel refuses it.
        let length = min(bytes.count, Self.datagramLimit)
        if let base = bytes.baseAddress { unsafe payload.copyMemory(from: base, byteCount: length) }
        unsafe vectors[slot] = iovec(iov_base: payload, iov_len: length)
        unsafe names[slot] = datagram.destination.kernel
        let control = unsafe controls + slot * ControlMessages.capacity
        var header = unsafe msghdr()
        unsafe header.msg_name = UnsafeMutableRawPointer(names + slot)
        unsafe header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
        unsafe header.msg_iov = vectors + slot
        unsafe header.msg_iovlen = 1
        let controlLength = unsafe datagram.write(to: control)
        unsafe header.msg_control = controlLength > 0 ? control : nil
        unsafe header.msg_controllen = controlLength
        unsafe headers[slot] = mmsghdr(msg_hdr: header, msg_len: 0)
        destinations.append(datagram.destination)
    }

    /// Sends everything in order and is empty afterwards. Goes on behind what the kernel refuses.
    ///
    /// - Parameter failure: Is called with the slot, its destination and the reason.
    /// - Returns: How many datagrams the kernel accepted.
    func flush(to descriptor: Int32, failure: (Int, SocketAddress, SystemErrorNumber) -> Void) -> Int {
        var sent = 0
        var next = 0
        var flags = Int32(MSG_NOSIGNAL)
        while next < destinations.count {
            let accepted = transmit(from: next, to: descriptor, flags: flags)
            if accepted > 0 {
                sent += accepted
                next += accepted
                continue
            }
            let error = SystemErrorNumber.current
            guard error.rawValue != EINTR else { continue }
            // The send queue stayed full for as long as a call may wait; the rest of the batch does not wait again.
            if error.rawValue == EAGAIN { flags |= Int32(MSG_DONTWAIT) }
            // The kernel reports the reason for the first datagram only; go on behind it.
            failure(next, destinations[next], error)
            next += 1
        }
        removeAll()
        return sent
    }

    func removeAll() {
        destinations.removeAll(keepingCapacity: true)
    }

    /// How many were accepted; −1 with `errno` if already the first was refused.
    private func transmit(from first: Int, to descriptor: Int32, flags: Int32) -> Int {
        // One alone is cheaper so.
        guard count - first > 1 else { return unsafe sendmsg(descriptor, &headers[first].msg_hdr, flags) < 0 ? -1 : 1 }
        return Int(unsafe sendmmsg(descriptor, headers + first, UInt32(count - first), flags))
    }

    /// More than any UDP payload; pages that no datagram reaches are never touched.
    private static let datagramLimit = 65_536
}
