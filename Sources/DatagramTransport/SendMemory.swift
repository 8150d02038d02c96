internal import Bytes
internal import Glibc

/// The memory that `sendmmsg` reads, kept between calls.
///
/// Neighbours of one length for one destination are joined to one message, which the kernel cuts apart again
/// (`UDP_SEGMENT`): it does its work once instead of once for each, and on the wire nothing differs.
///
/// It may move between threads, because it has one owner: an ``OutboundBatch``, which is not copyable, or the lock of a socket.
@safe
final class SendMemory: @unchecked Sendable {
    static let batchLimit = 32

    /// How many datagrams there are.
    private(set) var count = 0
    /// How many messages they are for the kernel.
    private var messages: Int { envelopes.count }
    /// Where the messages go; its memory is kept. (The kernel's form has no interface for wide scopes.)
    private var envelopes: [DatagramHeader] = []
    private var joins = JoinedDatagrams.areSupported

    private let headers = UnsafeMutablePointer<mmsghdr>.allocate(capacity: batchLimit)
    private let vectors = UnsafeMutablePointer<iovec>.allocate(capacity: batchLimit)
    private let names = UnsafeMutablePointer<sockaddr_in6>.allocate(capacity: batchLimit)
    /// What each message consists of.
    private let contents = UnsafeMutablePointer<JoinedDatagrams>.allocate(capacity: batchLimit)
    private let controls = UnsafeMutableRawPointer.allocate(
        byteCount: batchLimit * ControlMessages.capacity, alignment: 16)
    private let payloads = UnsafeMutableRawPointer.allocate(byteCount: batchLimit * datagramLimit, alignment: 16)

    init() {
        envelopes.reserveCapacity(Self.batchLimit)
    }

    deinit {
        unsafe headers.deallocate()
        unsafe vectors.deallocate()
        unsafe names.deallocate()
        unsafe contents.deallocate()
        unsafe controls.deallocate()
        unsafe payloads.deallocate()
    }

    func removeAll() {
        count = 0
        envelopes.removeAll(keepingCapacity: true)
    }

    /// Lays out one more datagram; the caller has seen that there is room.
    func append(_ bytes: UnsafeRawBufferPointer, _ datagram: DatagramHeader) {
        count += 1
        if joins, envelopes.last == datagram, unsafe contents[messages - 1].add(bytes.count) {
            unsafe join(bytes, to: messages - 1)
            return
        }
        let slot = messages
        envelopes.append(datagram)
        let payload = unsafe payloads + slot * Self.datagramLimit
        // What is cut off here is longer than any UDP payload still, so the kernel refuses it.
        let length = min(bytes.count, Self.datagramLimit)
        if let base = bytes.baseAddress { unsafe payload.copyMemory(from: base, byteCount: length) }
        unsafe contents[slot] = JoinedDatagrams(length: length)
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
    }

    private func join(_ bytes: UnsafeRawBufferPointer, to slot: Int) {
        let end = unsafe vectors[slot].iov_len
        if let base = bytes.baseAddress {
            unsafe (payloads + slot * Self.datagramLimit + end).copyMemory(from: base, byteCount: bytes.count)
        }
        unsafe vectors[slot].iov_len = end + bytes.count
        guard unsafe contents[slot].count == 2 else { return }
        let control = unsafe controls + slot * ControlMessages.capacity
        var length = unsafe headers[slot].msg_hdr.msg_controllen
        unsafe ControlMessages.append(
            level: Int32(IPPROTO_UDP), type: JoinedDatagrams.option, UInt16(contents[slot].length), to: control,
            length: &length)
        unsafe headers[slot].msg_hdr.msg_control = control
        unsafe headers[slot].msg_hdr.msg_controllen = length
    }

    /// Sends everything in order and is empty afterwards. Goes on behind what the kernel refuses.
    ///
    /// - Parameter failure: Is called with the position of the datagram, its destination and the reason.
    /// - Returns: How many datagrams the kernel accepted.
    func flush(to descriptor: Int32, failure: (Int, SocketAddress, SystemErrorNumber) -> Void) -> Int {
        var sent = 0
        // Of the first datagram of the next message.
        var position = 0
        var next = 0
        var flags = Int32(MSG_NOSIGNAL)
        while next < messages {
            let accepted = transmit(from: next, to: descriptor, flags: flags)
            for slot in next..<next + max(accepted, 0) {
                let count = unsafe contents[slot].count
                sent += count
                position += count
            }
            next += max(accepted, 0)
            guard accepted <= 0 else { continue }
            // The kernel reports the reason for the first message only; go on behind it.
            let error = SystemErrorNumber.current
            guard error.rawValue != EINTR else { continue }
            // The send queue stayed full for as long as a call may wait; the rest of the batch does not wait again.
            if error.rawValue == EAGAIN { flags |= Int32(MSG_DONTWAIT) }
            let count = unsafe contents[next].count
            if count > 1 {
                // Through interfaces that compute no checksums, or encrypt, nothing joined leaves.
                if error.rawValue == EIO || error.rawValue == EINVAL { joins = false }
                sent += flushApart(next, to: descriptor, flags: flags) { failure(position + $0, $1, $2) }
            } else {
                failure(position, envelopes[next].destination, error)
            }
            position += count
            next += 1
        }
        removeAll()
        return sent
    }

    /// Sends the datagrams of a message that was refused each on its own.
    private func flushApart(
        _ slot: Int, to descriptor: Int32, flags: Int32, failure: (Int, SocketAddress, SystemErrorNumber) -> Void
    ) -> Int {
        let content = unsafe contents[slot]
        let payload = unsafe payloads + slot * Self.datagramLimit
        // What says how to cut it stands last.
        unsafe headers[slot].msg_hdr.msg_controllen -= ControlMessages.length(of: UInt16.self)
        if unsafe headers[slot].msg_hdr.msg_controllen == 0 { unsafe headers[slot].msg_hdr.msg_control = nil }
        var sent = 0
        for index in 0..<content.count {
            let range = content.range(of: index)
            unsafe vectors[slot] = iovec(iov_base: payload + range.lowerBound, iov_len: range.count)
            while true {
                if unsafe sendmsg(descriptor, &headers[slot].msg_hdr, flags) >= 0 {
                    sent += 1
                    break
                }
                let error = SystemErrorNumber.current
                guard error.rawValue != EINTR else { continue }
                failure(index, envelopes[slot].destination, error)
                break
            }
        }
        return sent
    }

    /// How many were accepted; −1 with `errno` if already the first was refused.
    private func transmit(from first: Int, to descriptor: Int32, flags: Int32) -> Int {
        // One alone is cheaper so.
        guard messages - first > 1 else {
            return unsafe sendmsg(descriptor, &headers[first].msg_hdr, flags) < 0 ? -1 : 1
        }
        return Int(unsafe sendmmsg(descriptor, headers + first, UInt32(messages - first), flags))
    }

    /// More than any UDP payload; pages that no datagram reaches are never touched.
    private static let datagramLimit = 65_536
}
