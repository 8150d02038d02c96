public import ACEGroupcomm
public import BuildingAutomation
import Bytes
import CoAPEngine
import CryptoPrimitives
import DatagramTransport
import Glibc
import GroupOSCORE
public import MemberNode
import Persistence
import Synchronization

/// A member node with sockets, state and control socket: what `gosc node run` keeps running.
public final class RunningNode: Sendable {
    private let directory: StateDirectory
    private let sockets: NodeSockets
    private let loop: EngineLoop<NodeLoopEngine>
    private let lamp: Lamp?
    private let interface: String?
    private let collectors: NodeCollectors
    private let control: Mutex<ControlServer?>

    /// Opens the state, binds the sockets and starts.
    ///
    /// - Parameters:
    ///   - options: What the operator chose.
    ///   - mayCreate: Whether a state directory that is not there is created.
    ///   - lamp: What the node serves; `nil` for a node that serves nothing.
    ///   - environment: The variables of this process.
    ///   - events: Receives what happens, on the loop's thread.
    ///   - notice: Receives lines for the operator, such as where a new key lies.
    public static func start(
        _ options: NodeOptions, mayCreate: Bool, lamp: Lamp?, environment: [String: String],
        events: @escaping @Sendable (NodeEvent) -> Void, notice: @escaping @Sendable (String) -> Void
    ) throws(ServiceError) -> RunningNode {
        let opened = try OpenedState.node(options, mayCreate: mayCreate, environment: environment, notice: notice)
        return try RunningNode(opened, options: options, lamp: lamp, events: events)
    }

    private init(
        _ opened: OpenedState.Node, options: NodeOptions, lamp: Lamp?,
        events: @escaping @Sendable (NodeEvent) -> Void
    ) throws(ServiceError) {
        var configuration = NodeConfiguration()
        if let size = options.replayWindowSize { configuration.replayWindowSize = size }
        let state = opened.state
        // Built once here, so that a state that cannot be used is told before anything starts.
        let settled = configuration
        do {
            _ = try NodeEngine(state: state, configuration: settled, credentials: options.credentials)
        } catch {
            throw ServiceError(
                .configuration, "the state in \(options.stateDirectory) does not fit together (\(error))",
                hint: "leave it, join again with a new invitation and another --state")
        }
        let network = state.membership?.network
        let chosen: (index: InterfaceIndex, name: String)? =
            network == nil ? nil : try InterfaceChoice.interface(named: options.interface)
        do {
            sockets = try NodeSockets(
                bind: options.bind ?? .unspecified, port: options.port,
                group: network.map { NodeSockets.GroupEndpoint(address: $0.groupAddress, port: $0.port) },
                manager: state.association.flatMap { NodeEngine.managerEndpoint($0.managerAddress) },
                interface: chosen?.index ?? .unspecified, hopLimit: options.hopLimit)
        } catch {
            throw ServiceError(error)
        }
        let controlPort = sockets.controlPort(chosen: options.port, isMember: network != nil)
        let (sockets, collectors, store) = (sockets, NodeCollectors(events: events), opened.store)
        do {
            loop = try EngineLoop(
                name: "gosc-node", capacity: LoopLimits.inputs,
                makeEngine: {
                    var resources = ResourceTree<GroupOSCORE.VerifiedRequest>()
                    lamp?.register(in: &resources)
                    do {
                        let engine = try NodeEngine(
                            state: state, configuration: settled, credentials: options.credentials,
                            resources: resources)
                        engine.controlPort = controlPort
                        return NodeLoopEngine(engine: engine)
                    } catch {
                        // The same state made an engine above.
                        preconditionFailure("a state that was usable is not any more")
                    }
                },
                apply: { try store.apply($0) },
                perform: { effect in
                    if case .send(let datagram) = effect {
                        sockets.send(datagram)
                    } else {
                        collectors.take(effect)
                    }
                })
        } catch {
            throw ServiceError(.internalFault, "no thread can be started: \(error)")
        }
        directory = opened.directory
        self.collectors = collectors
        self.lamp = lamp
        interface = chosen?.name
        control = Mutex(nil)
        try begin()
    }

    private func begin() throws(ServiceError) {
        do throws(TransportError) {
            // First of all: nothing else is in the mailbox yet.
            loop.submit(.start)
            try sockets.receive { [loop] batch in loop.submit(.datagrams(batch), leaving: LoopLimits.commands) }
        } catch {
            throw ServiceError(error)
        }
        do throws(ControlSocketError) {
            let server = try ControlServer(in: directory) { [weak self] connection in
                self?.serve(connection)
            }
            control.withLock { $0 = server }
        } catch {
            throw ServiceError(error)
        }
    }

    /// Joins the group of an invitation. After success, stop this node and start it again to serve the group.
    public func join(_ invitation: Invitation) async -> Result<MembershipSummary, JoinFailure> {
        await withCheckedContinuation { continuation in
            collectors.awaitJoin { continuation.resume(returning: $0) }
            if !loop.submit(.join(invitation, .now)) { collectors.take(.joinFailed(.storage)) }
        }
    }

    /// Leaves the group. From then on this node is nobody's member.
    public func leave() async throws(ServiceError) {
        let result: Result<LeaveReason, JoinFailure> = await withCheckedContinuation { continuation in
            leave { continuation.resume(returning: $0) }
        }
        if case .failure(let failure) = result { throw ServiceError(leaving: failure) }
    }

    private func leave(_ completion: @escaping @Sendable (Result<LeaveReason, JoinFailure>) -> Void) {
        collectors.awaitLeave(completion)
        if !loop.submit(.leave) { collectors.take(.leaveFailed(.storage)) }
    }

    /// Sends a group request. The stream ends behind ``SendUpdate/completed(_:)`` or ``SendUpdate/failed(message:exitCode:)``.
    public func send(_ request: SendRequest) -> AsyncStream<SendUpdate> {
        let (stream, continuation) = AsyncStream<SendUpdate>.makeStream()
        submit(request) { update in
            continuation.yield(update)
            if update.isLast { continuation.finish() }
        }
        return stream
    }

    /// How the node is doing.
    public func status() async -> NodeStatus {
        while true {
            let found: NodeStatus? = await withCheckedContinuation { continuation in
                if !status({ continuation.resume(returning: $0) }) { continuation.resume(returning: nil) }
            }
            if let found { return found }
            // The mailbox is full of commands; there is room as soon as the loop has taken them.
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Ends everything and releases the state directory.
    public func stop() {
        // Whoever waits for answers is told first: the control socket waits for them.
        collectors.abandon()
        control.withLock { $0.take() }?.stop()
        sockets.stop()
        loop.stop()
    }

    // MARK: control socket

    /// Answers one connection: `status`, or `send` with a stream of updates.
    private func serve(_ connection: ControlConnection) {
        // A broken connection is the peer's affair.
        while let frame = try? connection.receive() {
            let updates = Mailbox<[UInt8]>(capacity: 4096)
            switch NodeControl.Request(decoding: frame) {
            case .status:
                guard status({ updates.put(NodeControl.encode($0)) }),
                    relay(updates, to: connection, until: { _ in true })
                else { return }
            case .leave:
                leave { updates.put(NodeControl.encode(LeaveUpdate($0))) }
                guard relay(updates, to: connection, until: { _ in true }) else { return }
            case .send(let request):
                let id = submit(request) { updates.put(NodeControl.encode($0)) }
                guard relay(updates, to: connection, until: NodeControl.isLast) else {
                    loop.submit(.cancel(id))
                    return
                }
            case nil:
                return
            }
        }
    }

    private func relay(
        _ updates: Mailbox<[UInt8]>, to connection: ControlConnection, until isLast: ([UInt8]) -> Bool
    ) -> Bool {
        var frames: [[UInt8]] = []
        while updates.take(until: MonotonicClock.now + Self.lookAfterPeer, into: &frames) {
            // Whoever was interrupted while it waited must not hold one of the few connections until there is something to say.
            if frames.isEmpty, connection.isAbandoned { return false }
            for frame in frames {
                guard (try? connection.send(frame)) != nil else { return false }
                if isLast(frame) { return true }
            }
        }
        return false
    }

    @discardableResult
    private func submit(
        _ request: SendRequest, updates: @escaping @Sendable (SendUpdate) -> Void
    ) -> GroupCommand.ID {
        let id = collectors.open(updates)
        if let flaw = request.flaw {
            collectors.fail(id, ServiceError(.badInput, "the request cannot be sent: \(flaw)"))
            return id
        }
        let command = GroupCommand(
            id: id, request: request.message, deadline: request.deadline.map { .nanoseconds($0) })
        let isTaken = loop.submit(
            .inspect { [loop, collectors] snapshot in
                let name = snapshot.membership?.groupName
                guard let group = request.group, group != name else {
                    if !loop.submit(.send(command)) { collectors.fail(id, Self.overloaded) }
                    return
                }
                let known = name.map { "it is a member of \($0)" } ?? "join it with 'gosc node join'"
                collectors.fail(id, ServiceError(.refused, "this node is not a member of group \(group)", hint: known))
            })
        if !isTaken { collectors.fail(id, Self.overloaded) }
        return id
    }

    /// A second, in nanoseconds.
    private static let lookAfterPeer: Int64 = 1_000_000_000

    private static let overloaded = ServiceError(.tryAgain, "the node has too much to do", hint: "try again")

    /// - Returns: False if the node has too much to do; `completion` is not called then.
    @discardableResult
    private func status(_ completion: @escaping @Sendable (NodeStatus) -> Void) -> Bool {
        loop.submit(
            .inspect { [sockets, lamp, interface, collectors] snapshot in
                completion(
                    NodeStatus(
                        snapshot, sockets: sockets, lampIsOn: lamp?.isOn, interface: interface,
                        lastRequest: collectors.lastRequest))
            })
    }
}

extension SendUpdate {
    /// Whether nothing follows.
    public var isLast: Bool {
        if case .response = self { false } else { true }
    }
}

extension NodeStatus {
    fileprivate init(
        _ snapshot: NodeSnapshot, sockets: NodeSockets, lampIsOn: Bool?, interface: String?,
        lastRequest: HandledRequest?
    ) {
        let (transport, toGroups) = sockets.counters
        let counters = snapshot.counters
        self.init(
            name: snapshot.membership?.memberName, group: snapshot.membership?.groupName,
            groupID: snapshot.membership?.groupID, keyGeneration: snapshot.membership?.version,
            senderID: snapshot.membership.flatMap { $0.senderID.isEmpty ? nil : $0.senderID },
            roles: snapshot.membership?.roles.description, leaving: snapshot.membership?.isLeaving ?? false,
            modes: snapshot.membership.map {
                ($0.hasGroupMode ? ["group"] : []) + ($0.hasPairwiseMode ? ["pairwise"] : [])
            },
            groupAddress: snapshot.membership?.network?.groupAddress.description,
            groupPort: snapshot.membership?.network?.port, interface: interface,
            unicastAddress: sockets.localAddress.description, process: getpid(), lampIsOn: lampIsOn,
            nextSequenceNumber: snapshot.nextSequenceNumber, reservedEnd: snapshot.reservedEnd,
            peers: snapshot.peers.map(Peer.init),
            counters: Counters(
                handlerCalls: counters.handlerCalls, replays: counters.replays, overheard: counters.overheard,
                rejected: Dictionary(uniqueKeysWithValues: counters.rejected.map { ("\($0)", $1) }),
                groupRequestsSent: counters.groupRequestsSent, responsesSent: counters.responsesSent,
                responsesAccepted: counters.responsesAccepted, responsesDropped: counters.responsesDropped,
                commitFailures: counters.commitFailures, datagramsReceived: transport.received,
                datagramsSent: transport.sent, groupDatagramsSent: toGroups, sendFailures: transport.sendFailures,
                overflowed: transport.overflowed, malformed: snapshot.messageLayer.malformed,
                duplicates: snapshot.messageLayer.duplicates),
            lastRequest: lastRequest.map(LastRequest.init))
    }
}
