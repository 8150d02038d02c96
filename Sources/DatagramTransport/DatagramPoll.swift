internal import Glibc
internal import Synchronization

/// Lets one thread wait for several sockets, a deadline and other threads at once. One waits, any thread may wake it.
///
/// `ppoll(2)` and not `epoll(7)`: Swift's Glibc does not show the latter, and while datagrams are waiting the two cost
/// about the same for the handful of sockets of one service.
public final class DatagramPoll: Sendable {
    /// How many sockets one thread can wait for.
    public static let maximumSockets = 64

    private let signal: WakeSignal
    private let watch: InterfaceWatch?

    /// Creates a poll.
    ///
    /// - Parameter watchesInterfaces: Whether a wait ends, too, when an interface or an address of this host has changed.
    /// - Throws: ``TransportError/cannotPoll(_:)`` when the process may open no more files.
    public init(watchesInterfaces: Bool = false) throws(TransportError) {
        do throws(SystemErrorNumber) {
            signal = try WakeSignal()
        } catch {
            throw .cannotPoll(error)
        }
        watch = watchesInterfaces ? InterfaceWatch() : nil
    }

    /// Ends the wait that is under way, or the next one. May be called from any thread; costs a system call only if the
    /// waiting thread sleeps.
    public func wake() {
        signal.raise()
    }

    /// Waits until a socket has a datagram, the deadline has passed or ``wake()`` is called. It may also return for no
    /// reason. Does not allocate. One thread at a time.
    ///
    /// - Parameters:
    ///   - sockets: At most ``maximumSockets``.
    ///   - deadline: Nanoseconds of `CLOCK_MONOTONIC`; one that has passed makes this a look without waiting. `nil`: none.
    /// - Returns: What to fetch from, with ``DatagramSocket/receive(into:)``.
    public func wait(on sockets: [DatagramSocket], until deadline: Int64?) -> PollResult {
        precondition(sockets.count <= Self.maximumSockets, "at most 64 sockets")
        let now = deadline == nil && watch == nil ? 0 : MonotonicClock.now
        var timeout = deadline.map { max($0, now) - now }
        let (watched, watchTimeout) = watch?.interest(at: now) ?? (-1, nil)
        if let watchTimeout { timeout = min(timeout ?? .max, watchTimeout) }
        if !signal.beginSleep() { timeout = 0 }
        return unsafe withUnsafeTemporaryAllocation(of: pollfd.self, capacity: sockets.count + 2) { entries in
            unsafe entries[0] = pollfd(fd: signal.readEnd, events: Int16(POLLIN), revents: 0)
            // `poll` passes over a negative descriptor.
            unsafe entries[1] = pollfd(fd: watched, events: Int16(POLLIN), revents: 0)
            for (index, socket) in sockets.enumerated() {
                var descriptor = socket.descriptor.number
                if socket.isResting.exchange(false, ordering: .relaxed) {
                    // A fault that persists must not make the loop spin.
                    descriptor = -1
                    timeout = min(timeout ?? .max, Self.restAfterFailure)
                }
                unsafe entries[index + 2] = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            }
            let count = unsafe poll(entries, timeout: timeout)
            let isAny = count > 0
            var ready = ReadySockets()
            if isAny {
                // An error of the socket counts as readable: fetching reads it away.
                for index in sockets.indices where unsafe entries[index + 2].revents != 0 { ready.insert(index) }
            }
            let isSignalled = unsafe isAny && entries[0].revents != 0
            let isWatchReadable = unsafe isAny && entries[1].revents != 0
            return PollResult(
                ready: ready, wasWoken: signal.endSleep(isReadable: isSignalled),
                interfacesMayHaveChanged: watch?.takeChange(
                    isReadable: isWatchReadable, at: isWatchReadable ? MonotonicClock.now : now) ?? false)
        }
    }

    private func poll(_ entries: UnsafeMutableBufferPointer<pollfd>, timeout: Int64?) -> Int32 {
        guard let timeout else { return unsafe ppoll(entries.baseAddress, nfds_t(entries.count), nil, nil) }
        var time = timespec(tv_sec: Int(timeout / 1_000_000_000), tv_nsec: Int(timeout % 1_000_000_000))
        return unsafe ppoll(entries.baseAddress, nfds_t(entries.count), &time, nil)
    }

    /// 10 ms.
    private static let restAfterFailure: Int64 = 10_000_000
}

/// Why ``DatagramPoll/wait(on:until:)`` returned. If nothing is said: the deadline has passed, or for no reason.
public struct PollResult: Hashable, Sendable {
    /// The sockets that have something to fetch.
    public let ready: ReadySockets
    /// Whether ``DatagramPoll/wake()`` was called since the wait before. What the caller of it wrote before is visible.
    public let wasWoken: Bool
    /// Whether to look at the interfaces and addresses of this host again; reported at most ten times a second.
    public let interfacesMayHaveChanged: Bool
}

/// Positions in the array of sockets that was waited on, in ascending order.
public struct ReadySockets: Hashable, Sendable, Sequence, IteratorProtocol {
    private var bits: UInt64 = 0

    /// Whether nothing is ready.
    public var isEmpty: Bool { bits == 0 }

    /// The next position.
    public mutating func next() -> Int? {
        guard bits != 0 else { return nil }
        let index = bits.trailingZeroBitCount
        bits &= bits - 1
        return index
    }

    init() {}

    mutating func insert(_ index: Int) {
        bits |= 1 << UInt64(index)
    }
}
