internal import Bytes
internal import Glibc
internal import Synchronization

extension DatagramSocket {
    /// Sends a batch in order and empties it. A refused datagram does not stop those after it, and the socket stays
    /// usable. Does not allocate.
    ///
    /// Waits about 100 ms for a full send queue, then refuses what does not fit.
    ///
    /// - Parameters:
    ///   - batch: What to send.
    ///   - failure: Is called for each refused datagram with its index in the batch and the reason, always
    ///     ``TransportError/cannotSend(to:_:)``.
    /// - Returns: How many the kernel accepted.
    @discardableResult
    public func send(_ batch: inout OutboundBatch, failure: (Int, TransportError) -> Void = { _, _ in }) -> Int {
        let count = batch.count
        let sent = batch.memory.flush(to: descriptor.number) { failure($0, .cannotSend(to: $1, $2)) }
        countSent(sent, of: count)
        return sent
    }

    /// Sends datagrams in order, up to 32 in one system call. A refused datagram does not stop those after it, and the
    /// socket stays usable. May be called from any thread.
    ///
    /// Waits about 100 ms for a full send queue, then refuses what does not fit.
    ///
    /// - Parameters:
    ///   - batch: What to send.
    ///   - failure: Is called for each refused datagram with its index in the batch and the reason, always
    ///     ``TransportError/cannotSend(to:_:)``. It must not send on this socket.
    /// - Returns: How many the kernel accepted.
    @discardableResult
    public func send(_ batch: [OutboundDatagram], failure: (Int, TransportError) -> Void = { _, _ in }) -> Int {
        if batch.count == 1 {
            do throws(TransportError) {
                try send(batch[0])
                return 1
            } catch {
                failure(0, error)
                return 0
            }
        }
        return sending.withLock { memory in
            let buffers = memory ?? SendMemory()
            memory = buffers
            var sent = 0
            var start = 0
            while start < batch.count {
                let end = min(start + SendMemory.batchLimit, batch.count)
                for datagram in batch[start..<end] {
                    unsafe datagram.bytes.withUnsafeBytes { bytes in
                        unsafe buffers.append(bytes, datagram.header)
                    }
                }
                sent += buffers.flush(to: descriptor.number) { failure(start + $0, .cannotSend(to: $1, $2)) }
                start = end
            }
            countSent(sent, of: batch.count)
            return sent
        }
    }

    /// Sends one datagram without copying it. May be called from any thread.
    ///
    /// Waits about 100 ms for a full send queue.
    ///
    /// - Throws: ``TransportError/cannotSend(to:_:)``; the socket stays usable.
    public func send(_ datagram: OutboundDatagram) throws(TransportError) {
        let error = unsafe datagram.bytes.withUnsafeBytes { bytes in
            unsafe transmit(bytes, datagram.header)
        }
        countSent(error == nil ? 1 : 0, of: 1)
        if let error { throw .cannotSend(to: datagram.destination, error) }
    }

    /// `nil` if the kernel has accepted it.
    private func transmit(_ bytes: UnsafeRawBufferPointer, _ datagram: DatagramHeader) -> SystemErrorNumber? {
        var name = datagram.destination.kernel
        // The kernel only reads it.
        var vector = unsafe iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
        return unsafe withUnsafeTemporaryAllocation(byteCount: ControlMessages.capacity, alignment: 8) { control in
            unsafe withUnsafeMutablePointer(to: &name) { name in
                unsafe withUnsafeMutablePointer(to: &vector) { vector in
                    var header = unsafe msghdr()
                    unsafe header.msg_name = UnsafeMutableRawPointer(name)
                    unsafe header.msg_namelen = socklen_t(MemoryLayout<sockaddr_in6>.size)
                    unsafe header.msg_iov = vector
                    unsafe header.msg_iovlen = 1
                    if let base = control.baseAddress {
                        let length = unsafe datagram.write(to: base)
                        unsafe header.msg_control = length > 0 ? base : nil
                        unsafe header.msg_controllen = length
                    }
                    while true {
                        if unsafe sendmsg(descriptor.number, &header, Int32(MSG_NOSIGNAL)) >= 0 { return nil }
                        let error = SystemErrorNumber.current
                        if error.rawValue != EINTR { return error }
                    }
                }
            }
        }
    }

    private func countSent(_ sent: Int, of total: Int) {
        counting.withLock { counting in
            counting.counters.sent += UInt64(sent)
            counting.counters.sendFailures += UInt64(total - sent)
        }
    }
}

extension OutboundDatagram {
    fileprivate var header: DatagramHeader {
        DatagramHeader(destination, source: source, hopLimit: hopLimit)
    }
}
