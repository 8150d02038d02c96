internal import Glibc
internal import Synchronization

extension DatagramSocket {
    /// Fetches up to 32 datagrams without waiting. What is not fetched waits in the kernel's buffer; what finds that full
    /// is dropped and counted (``TransportCounters/overflowed``). Does not allocate.
    ///
    /// A failure is counted and harms nothing: the kernel reports a fault of an interface once.
    ///
    /// By one thread at a time.
    ///
    /// - Parameter batch: What it held before is gone. One batch may serve several sockets in turn.
    /// - Returns: How many usable datagrams the batch holds now.
    @discardableResult
    public func receive(into batch: inout ReceivedBatch) -> Int {
        let tally = batch.fetch(from: descriptor.number)
        let failed = tally.fetched < 0 && tally.error != EAGAIN && tally.error != EINTR
        if failed { isResting.store(true, ordering: .relaxed) }
        guard tally.fetched > 0 || failed else { return 0 }
        counting.withLock { counting in
            counting.counters.received += UInt64(batch.count)
            counting.counters.unusable += UInt64(tally.unusable)
            counting.counters.receiveFailures += failed ? 1 : 0
            if let lost = tally.lostSoFar { counting.noteLost(lost) }
        }
        return batch.count
    }
}

/// The counters of a socket, and what they are computed from.
struct Counting {
    var counters = TransportCounters()
    private var lostSoFar: UInt32 = 0

    /// The kernel's own count of datagrams that found the buffer full, modulo 2^32. A datagram that is fetched late brings
    /// an old count (`SO_RXQ_OVFL`), which says nothing new.
    mutating func noteLost(_ count: UInt32) {
        let more = Int32(bitPattern: count &- lostSoFar)
        guard more > 0 else { return }
        counters.overflowed += UInt64(more)
        lostSoFar = count
    }
}
