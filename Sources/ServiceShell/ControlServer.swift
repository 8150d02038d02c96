internal import DatagramTransport
internal import Glibc
internal import Synchronization

/// Lets other processes of this user speak to the one that holds a state directory, over a UNIX socket of mode 0600 in
/// it.
public final class ControlServer: Sendable {
    /// The name of the socket in the state directory.
    public static let socketName = "control"

    /// Keeps the lock for as long as the socket is there.
    private let directory: StateDirectory
    private let listener: Int32
    private let connections: Connections
    private let thread: SystemThread

    /// Starts to listen. A socket file that a crash has left behind is replaced: the lock on the directory says that
    /// nobody uses it.
    ///
    /// - Parameters:
    ///   - directory: Where the socket lies; kept until ``stop()``.
    ///   - connectionLimit: How many connections are served at once; others wait.
    ///   - serve: Is called for each connection on a thread of its own, and may take its time.
    /// - Throws: ``ControlSocketError/cannotUse(_:_:)``.
    public init(
        in directory: StateDirectory, connectionLimit: Int = 16,
        serve: @escaping @Sendable (ControlConnection) -> Void
    ) throws(ControlSocketError) {
        let path = "\(directory.path)/\(Self.socketName)"
        unlinkat(directory.descriptor, Self.socketName, 0)
        let listener = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw .cannotUse(path, .current) }
        // On Linux the file takes over the mode that the socket has when it is bound.
        let isListening =
            fchmod(listener, 0o600) == 0
            && withSocketAddress(path, in: directory.descriptor, name: Self.socketName) { address, length in
                bind(listener, __CONST_SOCKADDR_ARG(__sockaddr__: address), length) == 0
            }
            && listen(listener, 64) == 0
        guard isListening else {
            let error = SystemErrorNumber.current
            close(listener)
            throw .cannotUse(path, error)
        }
        let connections = Connections(limit: connectionLimit)
        do throws(SystemErrorNumber) {
            thread = try SystemThread(name: "gosc-control") {
                Self.accept(on: listener, connections: connections, serve: serve)
            }
        } catch {
            close(listener)
            throw .cannotUse(path, error)
        }
        self.directory = directory
        self.listener = listener
        self.connections = connections
    }

    /// Serves requests that have one answer each.
    ///
    /// - Parameters:
    ///   - directory: Where the socket lies.
    ///   - answer: Makes the answer to a request; on the connection's thread.
    public convenience init(
        in directory: StateDirectory, answer: @escaping @Sendable ([UInt8]) -> [UInt8]
    ) throws(ControlSocketError) {
        try self.init(in: directory) { connection in
            // A broken connection is the peer's affair.
            while let request = try? connection.receive() {
                guard (try? connection.send(answer(request))) != nil else { return }
            }
        }
    }

    /// Ends all connections, removes the socket and waits until every call of `serve` has returned. Not from within
    /// `serve`.
    public func stop() {
        guard connections.stop() else { return }
        unlinkat(directory.descriptor, Self.socketName, 0)
        shutdown(listener, Int32(SHUT_RDWR))
        thread.join()
        connections.waitUntilEmpty()
    }

    deinit {
        stop()
        close(listener)
    }

    private static func accept(
        on listener: Int32, connections: Connections, serve: @escaping @Sendable (ControlConnection) -> Void
    ) {
        while connections.waitForRoom() {
            let descriptor = accept4(
                listener, __SOCKADDR_ARG(__sockaddr__: nil), nil, Int32(SOCK_CLOEXEC.rawValue))
            guard descriptor >= 0 else {
                // Out of descriptors or memory: let some go before trying again.
                if errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS { usleep(10_000) }
                continue
            }
            let connection = ControlConnection(descriptor)
            guard let number = connections.add(connection) else { return }
            // Without a thread the connection is dropped, and the peer told so by its end.
            let thread = try? SystemThread(name: "gosc-control") {
                serve(connection)
                connections.remove(number)
            }
            if thread == nil { connections.remove(number) }
        }
    }
}

/// The open connections of a server.
private final class Connections: Sendable {
    private struct State {
        var open: [UInt64: ControlConnection] = [:]
        var next: UInt64 = 0
        var isStopping = false
    }

    private let limit: Int
    private let state = Mutex(State())
    /// Rings whenever a connection has gone, and at the stop.
    private let changes = Mailbox<Void>(capacity: 1)

    init(limit: Int) {
        self.limit = limit
    }

    /// `nil` once stopping.
    func add(_ connection: ControlConnection) -> UInt64? {
        state.withLock { state in
            guard !state.isStopping else { return nil }
            state.next += 1
            state.open[state.next] = connection
            return state.next
        }
    }

    func remove(_ number: UInt64) {
        // Closed outside of the lock.
        let connection = state.withLock { $0.open.removeValue(forKey: number) }
        connection?.shutDown()
        changes.put(())
    }

    /// Waits until one more connection may be served; `false` once stopping.
    func waitForRoom() -> Bool {
        wait { $0.isStopping || $0.open.count < limit }
        return state.withLock { !$0.isStopping }
    }

    func waitUntilEmpty() {
        wait { $0.open.isEmpty }
    }

    /// `false` if it was called before.
    func stop() -> Bool {
        let open = state.withLock { state -> [ControlConnection]? in
            guard !state.isStopping else { return nil }
            state.isStopping = true
            return Array(state.open.values)
        }
        open?.forEach { $0.shutDown() }
        changes.put(())
        return open != nil
    }

    private func wait(until condition: (borrowing State) -> Bool) {
        var rings: [Void] = []
        while !state.withLock({ condition($0) }) {
            _ = changes.take(until: nil, into: &rings)
        }
    }
}
