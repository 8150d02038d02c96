import ACEGroupcomm
import Bytes
import CoAP
public import CoAPEngine
import GroupOSCORE
import OSCORE

/// A group request whose answers are being collected.
struct OpenGroupRequest {
    let id: GroupCommand.ID
    let binding: GroupRequestBinding
    let sentAt: MonotonicInstant
    let endsAt: MonotonicInstant
    /// When answers of members that this node has not heard of are no longer to be expected.
    let settlesAt: MonotonicInstant
    /// Responders in the roster that have not answered.
    var missing: Set<SenderID>
    var numbers = ResponseNumbers()
    var summary: GroupRequestSummary
}

extension NodeEngine {
    /// Sends a group request and collects its answers until every responder has answered or the deadline is over.
    ///
    /// What comes of it is told by ``NodeEffect/response(_:_:)``, then ``NodeEffect/completed(_:_:)``, or by
    /// ``NodeEffect/failed(_:_:)``.
    public func send(
        _ command: GroupCommand, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) {
        do {
            try begin(command, at: now, random: &random, effects: &effects)
        } catch {
            effects.append(.failed(command.id, error))
        }
        flush(into: &effects)
    }

    /// Ends a group request early: its Token is freed, later answers are dropped.
    public func cancel(_ id: GroupCommand.ID, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        queuedCommands.removeAll { $0.id == id }
        for (exchange, open) in groupRequests where open.id == id {
            complete(exchange, at: now, effects: &effects)
        }
    }

    private func begin(
        _ command: GroupCommand, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) throws(GroupCommandFailure) {
        guard let group, let membership else { throw .notJoined }
        guard membership.roles.contains(.requester) else { throw .notRequester }
        guard let network = membership.network else { throw .noGroupAddress }
        let leisure = leisureWindow
        let deadline = command.deadline ?? leisure + configuration.roundTrip + configuration.patience
        guard deadline >= leisure + configuration.roundTrip else {
            throw .deadlineTooShort(deadline: deadline, leisure: leisure, roundTrip: configuration.roundTrip)
        }
        guard groupRequests.count < configuration.maximumOpenRequests else { throw .tooManyRequests }
        let protected: (Message, GroupRequestBinding)
        do {
            protected = try group.protectRequest(command.request, for: .group)
        } catch .sequenceNumberNotReserved {
            guard queuedCommands.count < configuration.maximumQueuedCommands else { throw .tooManyRequests }
            queuedCommands.append(command)
            reserve()
            return
        } catch {
            throw .protection(error)
        }
        reserve()
        refreshRoster(at: now, random: &random, effects: &effects)
        let sent = try transmit(protected.0, to: network, at: now, random: &random, effects: &effects)
        let responders = peers.filter { $0.value.roles.contains(.responder) }.keys
        counters.groupRequestsSent += 1
        groupRequests[sent.exchange] = OpenGroupRequest(
            id: command.id, binding: protected.1, sentAt: now, endsAt: now.advanced(by: deadline),
            settlesAt: now.advanced(by: leisure + configuration.roundTrip), missing: Set(responders),
            summary: GroupRequestSummary(
                datagramsSent: sent.datagrams, expected: responders.count, answered: 0, missing: [], leisure: leisure,
                deadline: deadline, overhead: protected.0.body.count - command.request.body.count,
                datagramLength: sent.length))
    }

    private func transmit(
        _ message: Message, to network: NetworkParameters, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) throws(GroupCommandFailure) -> (exchange: ExchangeID, datagrams: Int, length: Int) {
        var layerEffects: [MessageLayerEffect] = []
        let exchange: ExchangeID
        do {
            exchange = try messageLayer.send(
                OutgoingRequest(
                    message: message, destination: SocketAddress(network.groupAddress, port: network.port),
                    reliability: .nonConfirmable, expects: .manyResponses), at: now, random: &random,
                effects: &layerEffects)
        } catch {
            throw .tooManyRequests
        }
        let sent = layerEffects.compactMap { effect in
            if case .transmit(let datagram) = effect { datagram.bytes.count } else { nil }
        }
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.multicast) { layerEffects += layerEffects }
        #endif
        process(layerEffects, at: now, random: &random, effects: &effects)
        return (exchange, sent.count, sent.first ?? 0)
    }

    func sendQueuedCommands(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        let commands = queuedCommands
        queuedCommands.removeAll()
        for command in commands {
            do {
                try begin(command, at: now, random: &random, effects: &effects)
            } catch {
                effects.append(.failed(command.id, error))
            }
        }
    }

    /// Verifies an answer and gives it to the collector of its request.
    func takeGroupResponse(
        _ incoming: IncomingResponse, exchange: ExchangeID, mayHold: Bool, at now: MonotonicInstant,
        effects: inout [NodeEffect]
    ) {
        guard let group, var open = groupRequests[exchange] else {
            counters.responsesDropped += 1
            return
        }
        let body = incoming.body
        let result: Result<VerifiedResponse, VerificationFailure>
        do {
            result = group.verifyResponse(try ProtectedMessage(body.span), to: open.binding)
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success(let response):
            guard peers[response.sender]?.roles.contains(.responder) == true else {
                rejectResponse(.role, from: incoming.path.source, effects: &effects)
                return
            }
            guard open.numbers.accept(response.partialIV, from: response.sender) else {
                counters.responsesDropped += 1
                return
            }
            counters.responsesAccepted += 1
            open.summary.answered += 1
            open.missing.remove(response.sender)
            groupRequests[exchange] = open
            effects.append(
                .response(
                    open.id,
                    MemberResponse(
                        sender: response.sender, name: peers[response.sender]?.name, message: response.message,
                        latency: open.sentAt.duration(to: now), source: incoming.path.source,
                        protectedLength: body.count)))
            if isSettled(open, at: now) { complete(exchange, at: now, effects: &effects) }
        case .failure(.unknownSender) where mayHold:
            hold(HeldMessage(.response(exchange, incoming)), at: now, effects: &effects)
        case .failure(let failure):
            rejectResponse(failure, from: incoming.path.source, effects: &effects)
        }
    }

    func endGroupRequests(at now: MonotonicInstant, effects: inout [NodeEffect]) {
        for (exchange, open) in groupRequests where open.endsAt <= now || isSettled(open, at: now) {
            complete(exchange, at: now, effects: &effects)
        }
    }

    /// Whether every responder has answered. While the roster is being read there may be more than are known, so
    /// nobody is cut off before the time in which members answer is over.
    private func isSettled(_ open: OpenGroupRequest, at now: MonotonicInstant) -> Bool {
        open.missing.isEmpty && open.summary.expected > 0 && (!isReadingRoster || open.settlesAt <= now)
    }

    /// Members that became known while requests are open are expected to answer those, too.
    func expect(_ responders: [SenderID]) {
        for exchange in groupRequests.keys {
            groupRequests[exchange]?.missing.formUnion(responders)
            groupRequests[exchange]?.summary.expected += responders.count
        }
    }

    private func complete(_ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        guard var open = groupRequests.removeValue(forKey: exchange) else { return }
        // GOSC-0003: with the Token the exchange is gone, and no further answer is accepted.
        messageLayer.end(exchange, at: now)
        open.summary.missing = open.missing.map(displayName(of:)).sorted()
        effects.append(.completed(open.id, open.summary))
    }

    private func rejectResponse(
        _ failure: VerificationFailure, from source: SocketAddress, effects: inout [NodeEffect]
    ) {
        counters.rejected[failure, default: 0] += 1
        effects.append(.event(.rejected(failure, from: source)))
    }
}
