internal import Glibc
internal import Synchronization

/// Receives from one socket on a thread of its own, in batches of up to 32.
public final class DatagramReceiver: Sendable {
    private let thread: SystemThread
    private let stopping: StopSignal

    /// Starts receiving.
    ///
    /// - Parameters:
    ///   - socket: Kept open while the thread runs. One receiver a socket.
    ///   - handler: Runs on the receiving thread; what it does not fetch meanwhile waits in the kernel's buffer.
    /// - Throws: ``TransportError/cannotStartReceiver(_:_:)``.
    public init(
        _ socket: DatagramSocket, handler: @escaping @Sendable (borrowing ReceivedBatch) -> Void
    ) throws(TransportError) {
        do throws(SystemErrorNumber) {
            let stopping = try StopSignal()
            self.stopping = stopping
            thread = try SystemThread(name: "gosc-receive") {
                Self.run(socket, stopping: stopping, handler: handler)
            }
        } catch {
            throw .cannotStartReceiver(socket.localAddress, error)
        }
    }

    /// Ends receiving and waits until the handler has returned for the last time. Calling it again does nothing; from
    /// within the handler it does not wait.
    public func stop() {
        stopping.raise()
        thread.join()
    }

    deinit {
        stopping.raise()
    }

    private static func run(
        _ socket: DatagramSocket, stopping: StopSignal, handler: (borrowing ReceivedBatch) -> Void
    ) {
        var batch = ReceivedBatch()
        let descriptor = socket.descriptor.number
        while stopping.wait(for: descriptor) {
            var counters = socket.counters
            let before = counters
            let fetched = batch.fetch(from: descriptor, counters: &counters)
            let error = SystemErrorNumber.current.rawValue
            socket.counting.withLock { $0.addReceived(since: before, until: counters) }
            if batch.count > 0 { handler(batch) }
            if fetched < 0, error != EAGAIN, error != EINTR {
                socket.counting.withLock { $0.receiveFailures += 1 }
                // An interface that goes down is reported once and read away; should a fault persist, do not spin.
                if !stopping.pause(milliseconds: 10) { return }
            }
        }
    }
}

extension TransportCounters {
    /// Senders count meanwhile, so only the receiver's own numbers are carried over.
    fileprivate mutating func addReceived(since before: Self, until after: Self) {
        received += after.received - before.received
        overflowed += after.overflowed - before.overflowed
        unusable += after.unusable - before.unusable
    }
}

/// A flag that a thread waiting in `poll(2)` notices. (A pipe: Swift's Glibc does not show `eventfd`.)
private final class StopSignal: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws(SystemErrorNumber) {
        var ends: (Int32, Int32) = (-1, -1)
        let result = unsafe withUnsafeMutableBytes(of: &ends) { raw in
            unsafe pipe2(raw.baseAddress?.assumingMemoryBound(to: Int32.self), O_CLOEXEC | O_NONBLOCK)
        }
        guard result == 0 else { throw .current }
        (readEnd, writeEnd) = ends
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    func raise() {
        var one: UInt8 = 1
        // A full pipe has been raised already.
        _ = unsafe write(writeEnd, &one, 1)
    }

    /// Waits until the descriptor is readable; `false` once raised.
    func wait(for descriptor: Int32) -> Bool {
        var entries: (pollfd, pollfd) = (
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        )
        _ = unsafe withUnsafeMutableBytes(of: &entries) { raw in
            unsafe poll(raw.baseAddress?.assumingMemoryBound(to: pollfd.self), 2, -1)
        }
        return entries.0.revents == 0
    }

    /// Lets some time pass; `false` once raised.
    func pause(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        return unsafe poll(&entry, 1, milliseconds) == 0
    }
}
