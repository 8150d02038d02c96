public import ACEGroupcomm
public import Bytes
import CoAP
import CoAPEngine
import CryptoPrimitives
import DatagramTransport
public import GroupManager
import Persistence
import Synchronization

/// A Group Manager with socket, state and control socket: what `gosc manager run` keeps running.
public final class RunningManager: Sendable {
    /// Where the manager listens.
    public let localAddress: SocketAddress
    /// Keeps the lock until the loop has made its last commit.
    private let directory: StateDirectory
    private let witnessed: WitnessedGroupStore
    private let socket: DatagramSocket
    private let loop: EngineLoop<ManagerLoopEngine>
    private let administration: Administration
    private let receiver: Mutex<DatagramReceiver?>
    private let control: Mutex<ControlServer?>

    /// Creates a new manager with its key pair, and the given groups in it. Nothing is left behind on failure.
    ///
    /// - Returns: One answer a group, in order.
    public static func initialize(
        _ options: ManagerOptions, groups: [CreateGroupRequest], environment: [String: String],
        notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> [CreateGroupAnswer] {
        let opened = try OpenedState.manager(
            options, mayCreate: true, environment: environment, notice: notice)
        guard opened.snapshot.identity == nil else {
            throw ServiceError(
                .refused, "there is a manager in \(options.stateDirectory) already",
                hint: "run it with 'gosc manager run', or name another directory with --state")
        }
        var setup = try ManagerSetup(store: opened.store, settings: options.settings)
        let answers = try setup.create(groups)
        let state = setup.state
        if let identity = state.identity {
            ManagerWitness(
                beside: SealingKeyFile.place(role: "manager", file: options.keyFile, environment: environment),
                of: identity, notice: notice
            ).keep(state.audit.position)
        }
        return answers
    }

    /// The public key that authorization servers encrypt tokens to, 32 bytes; made if there is none yet.
    public static func tokenKey(
        _ options: ManagerOptions, environment: [String: String], notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> [UInt8] {
        let opened = try open(options, environment: environment, notice: notice)
        let snapshot = try upToDate(opened, options)
        opened.witness?.keep(snapshot.audit.position)
        let keys = snapshot.tokenKeys
        guard let keys, let key = try? X25519PrivateKey(scalar: keys.agreementKey.bytes) else {
            throw ServiceError(.internalFault, "the key for tokens is not usable")
        }
        return key.publicKey.bytes
    }

    /// Opens the state, binds the socket and starts.
    ///
    /// - Parameter storage: Is told when nothing can be written any more, and when it can again.
    public static func start(
        _ options: ManagerOptions, environment: [String: String],
        events: @escaping @Sendable (ManagerEvent) -> Void,
        storage: @escaping @Sendable (StorageNews) -> Void = { _ in }, notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> RunningManager {
        let opened = try open(options, environment: environment, notice: notice)
        return try RunningManager(opened, options: options, events: events, storage: storage, notice: notice)
    }

    private static func open(
        _ options: ManagerOptions, environment: [String: String], notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> OpenedState.Manager {
        let opened = try OpenedState.manager(
            options, mayCreate: false, environment: environment, notice: notice)
        guard opened.snapshot.identity != nil else {
            throw ServiceError(
                .configuration, "there is no manager in \(options.stateDirectory)",
                hint: "make one with 'gosc manager init'")
        }
        return opened
    }

    private init(
        _ opened: OpenedState.Manager, options: ManagerOptions, events: @escaping @Sendable (ManagerEvent) -> Void,
        storage: @escaping @Sendable (StorageNews) -> Void, notice: (String) -> Void
    ) throws(ServiceError) {
        // COAP-0261: a member joins with a handful of requests.
        var limits = MessageLayerLimits()
        limits.answerRate = AnswerRate(perSecond: 1_000, burst: 2_000)
        let layer = MessageLayer(limits: limits)
        let snapshot = try Self.upToDate(opened, options)
        var settings = options.settings
        if let own = snapshot.tokenKeys?.agreementKey {
            settings.authorizationServers += options.signingServers.map {
                AuthorizationServer(
                    issuer: $0.issuer, key: .publicKeys(issuer: $0.publicKey, own: own), uri: $0.uri)
            }
        }
        let chosen = settings
        do {
            _ = try ManagerState(loading: snapshot)
        } catch {
            throw Self.unfit(options, error)
        }
        let socket: DatagramSocket
        do {
            socket = try DatagramSocket.unicast(
                bind: SocketAddress(options.bind, port: options.port), families: .ipv6Only)
        } catch {
            throw ServiceError(.storage, error.description, hint: "choose another port with --port")
        }
        let administration = Administration()
        let witness = opened.witness
        witness?.keep(snapshot.audit.position)
        let witnessed = WitnessedGroupStore(opened.store) { witness?.keep($0) }
        let log = try EvictionLog.open(options.evictionLog, in: opened.directory, notice: notice)
        let store = Self.watched(witnessed, log, in: opened.directory, storage: storage)
        do {
            loop = try EngineLoop(
                name: "gosc-manager", capacity: LoopLimits.inputs,
                makeEngine: {
                    do {
                        return ManagerLoopEngine(
                            engine: try ManagerEngine(loading: snapshot, settings: chosen, layer: layer))
                    } catch {
                        // The same state was indexed above.
                        preconditionFailure("a state that was usable is not any more")
                    }
                },
                apply: { try store.apply($0) },
                perform: { effect in
                    switch effect {
                    case .commit: break
                    case .send(let datagram):
                        _ = socket.send([
                            OutboundDatagram(datagram.bytes, to: datagram.destination, source: datagram.source)
                        ])
                    case .answer(let id, let response): administration.answer(id, response)
                    case .event(let event): events(event)
                    }
                })
        } catch {
            throw ServiceError(.internalFault, "no thread can be started: \(error)")
        }
        directory = opened.directory
        self.witnessed = witnessed
        self.socket = socket
        self.administration = administration
        localAddress = socket.localAddress
        receiver = Mutex(nil)
        control = Mutex(nil)
        try begin(in: opened.directory)
    }

    /// The store, with a log beside it if there is to be one. Each of the two is watched: one may fail without the other.
    private static func watched(
        _ store: any GroupStore, _ log: EvictionLog?, in directory: StateDirectory,
        storage: @escaping @Sendable (StorageNews) -> Void
    ) -> any GroupStore {
        let store = WatchedGroupStore(
            store: store, watch: StorageWatch(of: "the state in \(directory.path)", report: storage))
        guard let log else { return store }
        let watch = StorageWatch(of: "the eviction log \(log.path)", report: storage)
        return JournaledGroupStore(store) { entries throws(StoreError) in
            guard !entries.isEmpty else { return }
            do throws(StoreError) {
                try log.append(entries)
                watch.succeeded()
            } catch {
                watch.failed("nobody can be evicted or leave: the eviction log \(error)")
                throw error
            }
        }
    }

    /// What the store holds, with what a manager has now: one from before there were tokens gets its keys for them, and one
    /// from before there was an audit record the beginning of that.
    private static func upToDate(
        _ opened: OpenedState.Manager, _ options: ManagerOptions
    ) throws(ServiceError) -> ManagerSnapshot {
        let snapshot = opened.snapshot
        guard snapshot.tokenKeys == nil || snapshot.audit.sequence == 0 else { return snapshot }
        var random = SecureRandom()
        var state: ManagerState
        let writes: [ManagerWrite]
        do {
            state = try ManagerState(loading: snapshot)
            let wanted: [ManagerWrite] =
                snapshot.tokenKeys == nil ? [.insertTokenKeys(.generate(random: &random))] : []
            writes = try state.applyAudited(wanted, at: UnixTime.now.seconds, random: &random).writes
        } catch {
            throw unfit(options, error)
        }
        do throws(GroupStoreFailure) {
            try opened.store.apply(ManagerChangeSet(id: CommitID(0), writes: writes))
        } catch {
            throw ServiceError(.storage, "the state of the manager could not be written: \(error.cause)")
        }
        return state.snapshot
    }

    private static func unfit(_ options: ManagerOptions, _ error: ManagerWriteError) -> ServiceError {
        ServiceError(.configuration, "the state in \(options.stateDirectory) does not fit together (\(error))")
    }

    private func begin(in directory: StateDirectory) throws(ServiceError) {
        do throws(TransportError) {
            let receiver = try DatagramReceiver(socket) { [loop] batch in
                // The kernel keeps what comes meanwhile: ten thousand nodes may ask at once, and need not ask again. It hands
                // them over in full batches then, each of which is one commit.
                loop.submitWhenThereIsRoom(.datagrams(batch.copied), leaving: LoopLimits.commands)
            }
            self.receiver.withLock { $0 = receiver }
        } catch {
            throw ServiceError(error)
        }
        do throws(ControlSocketError) {
            let server = try ControlServer(in: directory) { [loop, administration] frame in
                guard let request = try? AdminRequest(decoding: frame.span) else {
                    return AdminResponse(code: .badRequest).encoded()
                }
                return administration.exchange(request, over: loop).encoded()
            }
            control.withLock { $0 = server }
        } catch {
            throw ServiceError(error)
        }
    }

    /// Ends everything and releases the state directory.
    public func stop() {
        control.withLock { $0.take() }?.stop()
        receiver.withLock { $0.take() }?.stop()
        loop.stop()
        witnessed.keepLatest()
    }
}

/// Brings the answers of the engine to the connections that wait for them.
private final class Administration: Sendable {
    private let waiting = Mutex<(next: UInt64, open: [AdminRequestID: Mailbox<AdminResponse>])>((0, [:]))

    /// Hands a request to the engine and waits for its answer.
    func exchange(_ request: AdminRequest, over loop: EngineLoop<ManagerLoopEngine>) -> AdminResponse {
        let mailbox = Mailbox<AdminResponse>(capacity: 1)
        let id = waiting.withLock { waiting in
            waiting.next += 1
            let id = AdminRequestID(waiting.next)
            waiting.open[id] = mailbox
            return id
        }
        defer { waiting.withLock { _ = $0.open.removeValue(forKey: id) } }
        guard loop.submit(.administer(request, id)) else { return AdminResponse(code: .serviceUnavailable) }
        var answers: [AdminResponse] = []
        _ = mailbox.take(until: MonotonicClock.now + Self.patience, into: &answers)
        return answers.first ?? AdminResponse(code: .serviceUnavailable)
    }

    func answer(_ id: AdminRequestID, _ response: AdminResponse) {
        waiting.withLock { $0.open[id] }?.put(response)
    }

    /// Ten seconds; a commit takes milliseconds.
    private static let patience: Int64 = 10_000_000_000
}
