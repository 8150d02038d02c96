import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import DatagramTransport

/// The engine of an endpoint with its sockets. Lives on the loop's thread.
final class EndpointCore {
    var endpoint: Endpoint<EndpointSecurity>
    var random = BufferedRandom()
    /// Who waits for the responses of which operation.
    var waiters: [OperationID: OperationWaiter] = [:]
    var pings: [PingID: PingWaiter] = [:]
    /// Runs handlers and brings their answers back.
    weak var owner: CoAPEndpoint?
    private(set) var isShutDown = false

    /// `nil` after the shutdown.
    private var own: DatagramSocket?
    private var groups: GroupSockets
    /// The own socket and those of the groups.
    private var sockets: [DatagramSocket]
    /// Where answers to groups come from; `nil` where the own socket has one address only.
    private var addresses: SourceAddresses?
    private var batch = ReceivedBatch()
    private var effects: [EndpointEffect] = []
    private var outgoing: [OutboundDatagram] = []
    /// Operations that nobody waits for any more.
    private var cancelled: [OperationID] = []

    init(endpoint: consuming Endpoint<EndpointSecurity>, own: DatagramSocket, groups: consuming GroupSockets) {
        self.endpoint = endpoint
        self.own = own
        let sockets = groups.sockets
        self.sockets = [own] + sockets
        self.groups = groups
        if own.localAddress.address == .unspecified, !sockets.isEmpty { addresses = SourceAddresses() }
    }

    var now: MonotonicInstant { MonotonicInstant(nanoseconds: MonotonicClock.now) }

    /// Gives the engine an input and carries out what comes of it.
    func input<Result, Failure>(
        _ body: (inout Endpoint<EndpointSecurity>, MonotonicInstant, inout BufferedRandom, inout [EndpointEffect])
            throws(Failure) -> Result
    ) throws(Failure) -> Result {
        var taken: [EndpointEffect] = []
        swap(&taken, &effects)
        let result = try body(&endpoint, now, &random, &taken)
        carryOut(&taken)
        return result
    }

    /// Waits until something is to be done, and does what came by the sockets and what is due.
    ///
    /// - Parameter hurries: Whether to look without waiting.
    func wait(on poll: DatagramPoll, hurries: Bool) {
        let deadline = hurries ? 0 : isShutDown ? nil : endpoint.nextDeadline?.nanoseconds
        let outcome = poll.wait(on: sockets, until: deadline)
        guard let own else { return }
        for index in outcome.ready { receive(from: sockets[index]) }
        if outcome.interfacesMayHaveChanged {
            addresses?.refresh()
            if !groups.refresh().isEmpty { sockets = [own] + groups.sockets }
        }
        if let due = endpoint.nextDeadline, due <= now {
            input { endpoint, now, random, effects in
                endpoint.handleTimers(at: now, random: &random, effects: &effects)
            }
        }
        flush()
    }

    /// Begins an operation whose outcome somebody waits for.
    func start(_ request: ClientRequest, waiter: OperationWaiter) throws(ClientRefusal) -> OperationID {
        var taken: [EndpointEffect] = []
        swap(&taken, &effects)
        let operation = try endpoint.start(request, at: now, random: &random, effects: &taken)
        // Before the effects: the response may be among them, out of a cache.
        waiters[operation] = waiter
        carryOut(&taken)
        return operation
    }

    private func receive(from socket: DatagramSocket) {
        guard socket.receive(into: &batch) > 0 else { return }
        var taken: [EndpointEffect] = []
        swap(&taken, &effects)
        let now = now
        for index in 0..<batch.count {
            let arrival = batch.arrival(at: index)
            var path = DatagramPath(
                source: arrival.source, destination: arrival.destination, interface: arrival.interface)
            if path.isMulticast {
                path.answerAddress = addresses?.address(on: path.interface, toAnswer: path.source.address)
            }
            endpoint.receive(batch.bytes(at: index), from: path, at: now, random: &random, effects: &taken)
            carryOut(&taken)
        }
    }

    private func carryOut(_ taken: inout [EndpointEffect]) {
        for effect in taken {
            switch effect {
            case .transmit(let datagram):
                outgoing.append(
                    OutboundDatagram(datagram.bytes, to: datagram.destination, source: datagram.source))
            case .call(let call, let handler): owner?.run(call, handler)
            case .response(let operation, let response): hand(response, of: operation)
            case .responseLost: break
            case .pingEnded(let ping, let failure): end(ping, failure)
            case .ended(let operation, let end):
                if cancelled.last == operation { cancelled.removeLast() }
                waiters.removeValue(forKey: operation)?.finish(end)
            }
        }
        taken.removeAll(keepingCapacity: true)
        if taken.capacity > effects.capacity { swap(&taken, &effects) }
        refuseAsked()
    }

    /// Handlers are all that answers here: what waits for a driver would wait for ever.
    private func refuseAsked() {
        let asked = endpoint.takeAsked()
        guard !asked.isEmpty else { return }
        var taken: [EndpointEffect] = []
        for request in asked {
            endpoint.complete(
                request.call, with: ResourceResponse(.notImplemented), at: now, random: &random, effects: &taken)
        }
        carryOut(&taken)
    }

    private func hand(_ response: ClientResponse, of operation: OperationID) {
        switch waiters[operation] {
        case nil: break
        case .many(let buffer):
            // Nobody iterates any more, perhaps from before the operation was known.
            if !buffer.yield(response) { cancelled.append(operation) }
        case .one(let continuation):
            waiters[operation] = nil
            // An observation would go on for ever, with nobody to end it.
            cancelled.append(operation)
            unsafe continuation.resume(returning: .success(response))
        }
    }

    /// Ends what nobody waits for, and sends what has been gathered.
    func flush() {
        while let operation = cancelled.popLast() {
            waiters[operation] = nil
            input { endpoint, now, random, effects in
                endpoint.cancel(operation, at: now, random: &random, effects: &effects)
            }
        }
        guard !outgoing.isEmpty else { return }
        var refused: [Int] = []
        own?.send(outgoing) { index, _ in refused.append(index) }
        // COAP-0276: the operation of a datagram that was refused fails at once, and nothing else.
        let failed = refused.map { outgoing[$0] }
        outgoing.removeAll(keepingCapacity: true)
        for datagram in failed {
            input { endpoint, now, random, effects in
                endpoint.transmissionFailed(
                    OutgoingDatagram(
                        bytes: datagram.bytes, destination: datagram.destination, source: datagram.source),
                    at: now, random: &random, effects: &effects)
            }
        }
    }

    /// Ends everything that somebody waits for, and closes the sockets.
    func shutDown() {
        guard !isShutDown else { return }
        isShutDown = true
        // Servers hear of the end of an observation, and what was asked for before still leaves.
        let ended = waiters
        waiters.removeAll()
        for waiter in pings.values { waiter.finish(.failure(.shutDown)) }
        pings.removeAll()
        for (operation, waiter) in ended {
            waiter.abandon()
            cancelled.append(operation)
        }
        flush()
        outgoing = []
        sockets = []
        own = nil
        groups = GroupSockets()
    }
}
