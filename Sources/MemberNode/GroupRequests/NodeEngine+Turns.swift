import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

// Group requests wait here for their turn, in the order in which they were given, and not in the message layer: they are
// protected in the moment in which they leave. What is protected earlier may be under keys that an evicted member has, too,
// when it leaves.
extension NodeEngine {
    /// Where requests to the group go, if this node may send any.
    func groupNetwork() throws(GroupCommandFailure) -> NetworkParameters {
        guard generations != nil, let membership else { throw .notJoined }
        guard membership.roles.contains(.requester) else { throw .notRequester }
        guard membership.algorithms.hasGroupMode else { throw .pairwiseOnly }
        // GM-0278
        guard isGroupActive else { throw .groupInactive }
        guard let network = membership.network else { throw .noGroupAddress }
        return network
    }

    /// Accepts a command for when it is its turn.
    func queue(_ command: GroupCommand) throws(GroupCommandFailure) {
        _ = try groupNetwork()
        let (leisure, roundTrip) = (leisureWindow, configuration.roundTrip)
        if let deadline = command.deadline, deadline < leisure + roundTrip {
            throw .deadlineTooShort(deadline: deadline, leisure: leisure, roundTrip: roundTrip)
        }
        guard groupRequests.count + repetitions.count + queuedCommands.count < configuration.maximumOpenRequests else {
            throw .tooManyRequests
        }
        queuedCommands.append(command)
    }

    // GM-0215: nothing under keys that are old, or about to be.
    /// Whether nothing can be protected before there are newer keys.
    func needsKeys(at now: MonotonicInstant) -> Bool {
        group == nil || renewal.isSaving || keysAreExpired(at: now)
    }

    /// Lets all leave whose turn it is: first what is repeated, which was given earlier.
    func sendQueuedRequests(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        turnAt = nil
        while !repetitions.isEmpty || !queuedCommands.isEmpty && !groupRequests.values.contains(where: \.isToBeRepeated) {
            guard generations == nil || !needsKeys(at: now) else { return }
            if let network = membership?.network {
                let turn = messageLayer.nextTurn(of: SocketAddress(network.groupAddress, port: network.port))
                guard turn <= now else {
                    turnAt = turn
                    return
                }
            }
            // Nothing is in a queue while it is tried: the manager may refuse a new Sender ID at once, and that empties them.
            if !repetitions.isEmpty {
                let open = repetitions.removeFirst()
                guard sendAgain(open, at: now, random: &random, effects: &effects) else {
                    repetitions.insert(open, at: 0)
                    return
                }
            } else {
                let command = queuedCommands.removeFirst()
                do {
                    guard try begin(command, at: now, random: &random, effects: &effects) else {
                        queuedCommands.insert(command, at: 0)
                        return
                    }
                } catch {
                    effects.append(.failed(command.id, error))
                }
            }
        }
    }

    /// - Returns: False if there is no sequence number for it yet.
    private func begin(
        _ command: GroupCommand, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) throws(GroupCommandFailure) -> Bool {
        let network = try groupNetwork()
        renewSenderIDIfNeeded(at: now, random: &random, effects: &effects)
        guard let protected = try protectForGroup(command.request) else { return false }
        refreshRoster(at: now, random: &random, effects: &effects)
        let (leisure, settlesAfter) = (leisureWindow, leisureWindow + configuration.roundTrip)
        let sent = try transmit(
            protected.message, changes: command.request.code.isChange, to: network, settlesAfter: settlesAfter, at: now,
            random: &random, effects: &effects)
        let responders = peers.filter { $0.value.roles.contains(.responder) }.keys
        groupRequests[sent.exchange] = OpenGroupRequest(
            id: command.id, request: command.request, binding: protected.binding, sentAt: now,
            settlesAfter: settlesAfter, missing: Set(responders),
            summary: GroupRequestSummary(
                datagramsSent: 1, expected: responders.count, answered: 0, missing: [], leisure: leisure,
                deadline: command.deadline ?? settlesAfter + configuration.patience,
                overhead: protected.message.body.count - command.request.body.count, datagramLength: sent.length))
        return true
    }

    /// Sends a request once more, under the keys of now.
    ///
    /// - Returns: False if there is no sequence number for it yet.
    private func sendAgain(
        _ open: OpenGroupRequest, at now: MonotonicInstant, random: inout some RandomNumberGenerator,
        effects: inout [NodeEffect]
    ) -> Bool {
        do {
            let network = try groupNetwork()
            guard let (message, binding) = try protectForGroup(open.request) else { return false }
            let sent = try transmit(
                message, changes: open.request.code.isChange, to: network, settlesAfter: open.settlesAfter, at: now,
                random: &random, effects: &effects)
            groupRequests[sent.exchange] = OpenGroupRequest(repeating: open, with: binding, at: now)
        } catch {
            finish(open, effects: &effects)
        }
        return true
    }

    /// - Returns: `nil` if there is no sequence number for it yet.
    private func protectForGroup(
        _ request: Message
    ) throws(GroupCommandFailure) -> (message: Message, binding: GroupRequestBinding)? {
        guard let group else { throw .notJoined }
        defer { reserve() }
        do {
            return try group.protectRequest(request, for: .group)
        } catch .sequenceNumbersExhausted where senderIDRenewal != .none {
            // GM-0238: nothing more under the old Sender ID.
            return nil
        } catch .sequenceNumberNotReserved {
            return nil
        } catch {
            throw .protection(error)
        }
    }

    private func transmit(
        _ message: Message, changes: Bool, to network: NetworkParameters, settlesAfter: Duration,
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) throws(GroupCommandFailure) -> (exchange: ExchangeID, length: Int) {
        var layerEffects: [MessageLayerEffect] = []
        let exchange: ExchangeID
        do {
            exchange = try messageLayer.send(
                OutgoingRequest(
                    message: message, destination: SocketAddress(network.groupAddress, port: network.port),
                    reliability: .nonConfirmable, expects: .manyResponses, settlesAfter: settlesAfter), at: now,
                random: &random, effects: &layerEffects)
        } catch {
            throw .tooManyRequests
        }
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.multicast) { layerEffects += layerEffects }
        #endif
        process(layerEffects, at: now, random: &random, effects: &effects)
        counters.groupRequestsSent += 1
        if changes { latestChange = exchange }
        let header = DatagramHeader(
            type: .nonConfirmable, code: message.code, messageID: MessageID(rawValue: 0),
            token: messageLayer.token(of: exchange) ?? .empty)
        return (exchange, header.encodedLength + message.body.count)
    }

    /// What waits for its turn does not leave.
    func failQueuedRequests(_ failure: GroupCommandFailure, effects: inout [NodeEffect]) {
        for command in queuedCommands { effects.append(.failed(command.id, failure)) }
        queuedCommands.removeAll()
        for open in repetitions { finish(open, effects: &effects) }
        repetitions.removeAll()
        turnAt = nil
    }
}
