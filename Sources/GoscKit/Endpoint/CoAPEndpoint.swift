public import Bytes
internal import CoAP
public import CoAPEngine
internal import CoAPSecurity
internal import DatagramTransport

/// A CoAP endpoint on UDP: client and server in one, with OSCORE where it has Security Contexts.
///
/// ```swift
/// let endpoint = try CoAPEndpoint()
/// let response = try await endpoint.get("coap://[2001:db8::1]/temperature")
/// print(response.text ?? "")
/// ```
///
/// It has one thread of its own, on which this actor lives, too. Handlers that are immediate run there; handlers that are
/// `async` run on the executor of Swift. Memory is bounded whatever the network sends, see
/// ``EndpointConfiguration/limits``. When the last reference goes, sockets are closed and observers forgotten.
public actor CoAPEndpoint {
    /// The address that its own socket is bound to, with the real port.
    public nonisolated let localAddress: SocketAddress

    let core: EndpointCore
    nonisolated let loop: EndpointLoop
    var lastTicket: UInt64 = 0
    private var operations: [UInt64: OperationID] = [:]
    var pings: [UInt64: PingID] = [:]

    public nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe loop.asUnownedSerialExecutor() }

    /// The endpoint's thread as an executor. A task that makes many requests and prefers it saves two changes of thread a
    /// request; it must not block.
    public nonisolated var executor: any TaskExecutor { loop }

    /// Opens the sockets and starts.
    ///
    /// - Throws: ``CoAPError/transport(_:)`` if a socket cannot be opened, a group not be joined, or there are more than 63
    ///   groups, each of which has a socket;
    ///   ``CoAPError/groupTooWide(_:)``; ``CoAPError/invalidAssociation(_:)``.
    public init(_ configuration: EndpointConfiguration = EndpointConfiguration()) throws(CoAPError) {
        if let group = configuration.groupTooWide { throw .groupTooWide(group.address) }
        let sockets = 1 + Set(configuration.groups).count
        guard sockets <= DatagramPoll.maximumSockets else { throw .transport(.tooManySockets(sockets)) }
        let protection: EndpointSecurity
        do throws(InvalidAssociation) {
            protection = try EndpointSecurity(
                associations: configuration.associations, groups: configuration.groupAssociations)
        } catch {
            throw .invalidAssociation(error.reason)
        }
        do throws(TransportError) {
            let multicast = MulticastSending(
                interface: configuration.multicastInterface, hopLimit: configuration.multicastHopLimit,
                loopsBack: true)
            let own = try DatagramSocket.unicast(bind: configuration.address, multicast: multicast)
            var groups = GroupSockets()
            for group in configuration.groups {
                let name = InterfaceTable.name(of: group.interface)
                try groups.join(ListenedGroup(group.address, port: group.port, interface: name))
            }
            let endpoint = Endpoint(
                protection: protection,
                layer: MessageLayer(parameters: configuration.transmission, limits: configuration.limits),
                openServer: RequestServer(resources: ResourceTree(), settings: configuration.server),
                protectedServer: RequestServer(resources: ResourceTree(), settings: configuration.protectedServer),
                client: RequestClient(settings: configuration.client), outerBlocks: configuration.outerBlocks)
            let core = EndpointCore(endpoint: endpoint, own: own, groups: groups)
            self.core = core
            localAddress = own.localAddress
            let loop = EndpointLoop(try DatagramPoll(watchesInterfaces: !configuration.groups.isEmpty))
            self.loop = loop
            core.owner = self
            do {
                try loop.start(core)
            } catch {
                throw .cannotStartReceiver(own.localAddress, error)
            }
        } catch {
            throw .transport(error)
        }
    }

    deinit {
        loop.stop()
    }

    /// Closes the sockets. Whoever waits for a response gets ``CoAPError/shutDown``; calling it again does nothing.
    public func shutDown() {
        core.shutDown()
    }

    /// Runs a handler that answers later, on the executor of Swift.
    nonisolated func run(_ call: EndpointCall, _ handler: @escaping @Sendable () async -> ResourceResponse) {
        Task { [weak self] in
            let response = await handler()
            await self?.complete(call, with: response)
        }
    }

    private func complete(_ call: EndpointCall, with response: ResourceResponse) {
        guard !core.isShutDown else { return }
        core.input { endpoint, now, random, effects in
            endpoint.complete(call, with: response, at: now, random: &random, effects: &effects)
        }
    }

    /// Makes one request and waits for its whole response.
    ///
    /// - Throws: What kept it from being sent or answered. Cancelling the task ends the operation.
    public func response(to request: ClientRequest) async throws(CoAPError) -> ClientResponse {
        lastTicket += 1
        let ticket = lastTicket
        let result = await withTaskCancellationHandler {
            await unsafe withUnsafeContinuation { continuation in
                unsafe begin(request, ticket: ticket, waiter: .one(continuation))
            }
        } onCancel: {
            Task { await self.cancel(ticket) }
        }
        operations[ticket] = nil
        return try result.get()
    }

    /// Makes a request that several responses may come to: of a group, or of an observed resource.
    ///
    /// The operation ends when the sequence is no longer iterated, or its task is cancelled.
    ///
    /// - Parameters:
    ///   - capacity: How many responses wait to be taken; of more the newest are kept.
    ///   - bytes: How much memory they take together. One is always kept.
    public nonisolated func responses(
        to request: ClientRequest, keepingNewest capacity: Int = 1024, bytes: Int = 4 << 20
    ) -> AsyncThrowingStream<ClientResponse, any Error> {
        let buffer = ResponseBuffer(capacity: capacity, bytes: bytes)
        Task { await self.open(request, buffer) }
        return buffer.sequence()
    }

    private func open(_ request: ClientRequest, _ buffer: ResponseBuffer) {
        lastTicket += 1
        let ticket = lastTicket
        begin(request, ticket: ticket, waiter: .many(buffer))
        buffer.onAbandon { [weak self] in
            Task { await self?.cancel(ticket) }
        }
    }

    private func begin(_ request: ClientRequest, ticket: UInt64, waiter: OperationWaiter) {
        guard !core.isShutDown else { return waiter.abandon() }
        guard !Task.isCancelled else { return waiter.finish(.cancelled) }
        do throws(ClientRefusal) {
            operations[ticket] = try core.start(request, waiter: waiter)
        } catch {
            waiter.refuse(error)
        }
    }

    private func cancel(_ ticket: UInt64) {
        guard let operation = operations.removeValue(forKey: ticket), !core.isShutDown else { return }
        core.input { endpoint, now, random, effects in
            endpoint.cancel(operation, at: now, random: &random, effects: &effects)
        }
    }
}
