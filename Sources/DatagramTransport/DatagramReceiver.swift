internal import Synchronization

/// Receives from one socket on a thread of its own, in batches of up to 32.
public final class DatagramReceiver: Sendable {
    private let thread: SystemThread
    private let stopping: Stopping

    /// Starts receiving.
    ///
    /// - Parameters:
    ///   - socket: Kept open while the thread runs. One receiver a socket.
    ///   - handler: Runs on the receiving thread; what it does not fetch meanwhile waits in the kernel's buffer.
    /// - Throws: ``TransportError/cannotPoll(_:)`` or ``TransportError/cannotStartReceiver(_:_:)``.
    public init(
        _ socket: DatagramSocket, handler: @escaping @Sendable (borrowing ReceivedBatch) -> Void
    ) throws(TransportError) {
        let stopping = Stopping(poll: try DatagramPoll())
        self.stopping = stopping
        do throws(SystemErrorNumber) {
            thread = try SystemThread(name: "gosc-receive") {
                var batch = ReceivedBatch()
                while !stopping.isRequested {
                    let result = stopping.poll.wait(on: [socket], until: nil)
                    guard !stopping.isRequested, !result.ready.isEmpty else { continue }
                    if socket.receive(into: &batch) > 0 { handler(batch) }
                }
            }
        } catch {
            throw .cannotStartReceiver(socket.localAddress, error)
        }
    }

    /// Ends receiving and waits until the handler has returned for the last time. Calling it again does nothing; from
    /// within the handler it does not wait.
    public func stop() {
        stopping.request()
        thread.join()
    }

    deinit {
        stopping.request()
    }
}

/// What the thread and its owner share.
private final class Stopping: Sendable {
    let poll: DatagramPoll
    private let flag = Atomic(false)

    init(poll: DatagramPoll) {
        self.poll = poll
    }

    var isRequested: Bool { flag.load(ordering: .acquiring) }

    func request() {
        flag.store(true, ordering: .releasing)
        poll.wake()
    }
}
