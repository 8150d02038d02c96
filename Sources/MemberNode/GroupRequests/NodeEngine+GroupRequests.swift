import ACEGroupcomm
import Bytes
import CoAP
public import CoAPEngine
import GroupOSCORE
import OSCORE

/// A group request whose answers are being collected.
struct OpenGroupRequest {
    let id: GroupCommand.ID
    /// As the application wrote it, for when it has to be repeated under new keys.
    let request: Message
    private(set) var binding: GroupRequestBinding
    /// Whether it was repeated; that is done once.
    private(set) var isRepeated = false
    /// Whether it is to be repeated, if somebody is missing still when everybody has had the time to answer.
    var awaitsRepeat = false
    /// Who has answered. A repetition reaches these, too.
    var answered: Set<SenderID> = []
    /// `nil` while it waits for its turn: an earlier request to the group is outstanding (RFC 10020 §3.6).
    private(set) var sentAt: MonotonicInstant?
    /// How long answers of members that this node has not heard of are to be expected.
    let settlesAfter: Duration
    /// Responders in the roster that have not answered.
    var missing: Set<SenderID>
    var numbers = ResponseNumbers()
    var summary: GroupRequestSummary

    /// It leaves now: latency and deadline count from here.
    mutating func leave(at now: MonotonicInstant) {
        sentAt = now
        summary.datagramsSent += 1
    }

    init(
        id: GroupCommand.ID, request: Message, binding: GroupRequestBinding, settlesAfter: Duration,
        missing: Set<SenderID>, summary: GroupRequestSummary
    ) {
        self.id = id
        self.request = request
        self.binding = binding
        self.settlesAfter = settlesAfter
        self.missing = missing
        self.summary = summary
    }

    /// The same request once more, for whoever has not answered yet.
    func repeated(with binding: GroupRequestBinding) -> Self {
        var repeated = self
        repeated.binding = binding
        repeated.isRepeated = true
        repeated.awaitsRepeat = false
        repeated.sentAt = nil
        // GOSC-0109
        repeated.numbers = ResponseNumbers()
        return repeated
    }

    func isOver(at now: MonotonicInstant) -> Bool {
        sentAt.map { $0.advanced(by: summary.deadline) <= now } ?? false
    }

    /// Whether every responder has answered. While the roster is being read there may be more than are known, so nobody
    /// is cut off before the time in which members answer is over.
    func isSettled(isReadingRoster: Bool, at now: MonotonicInstant) -> Bool {
        guard let sentAt, missing.isEmpty, summary.expected > 0 else { return false }
        return !isReadingRoster || sentAt.advanced(by: settlesAfter) <= now
    }

    var nextDeadline: MonotonicInstant? {
        guard let sentAt else { return nil }
        let isComplete = missing.isEmpty && summary.expected > 0
        return sentAt.advanced(by: isComplete || awaitsRepeat ? min(settlesAfter, summary.deadline) : summary.deadline)
    }

    /// Whether it is to be repeated now.
    func isRepeated(at now: MonotonicInstant) -> Bool {
        guard let sentAt, awaitsRepeat, !missing.isEmpty else { return false }
        return sentAt.advanced(by: settlesAfter) <= now
    }
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
        guard generations != nil, let membership else { throw .notJoined }
        guard membership.roles.contains(.requester) else { throw .notRequester }
        guard membership.algorithms.hasGroupMode else { throw .pairwiseOnly }
        // GM-0278
        guard isGroupActive else { throw .groupInactive }
        guard let network = membership.network else { throw .noGroupAddress }
        let leisure = leisureWindow
        let deadline = command.deadline ?? leisure + configuration.roundTrip + configuration.patience
        guard deadline >= leisure + configuration.roundTrip else {
            throw .deadlineTooShort(deadline: deadline, leisure: leisure, roundTrip: configuration.roundTrip)
        }
        guard groupRequests.count < configuration.maximumOpenRequests else { throw .tooManyRequests }
        // GM-0215: nothing under keys that are old, or about to be.
        guard let group, !renewal.isSaving, !keysAreExpired(at: now) else {
            try queue(command)
            if !renewal.isBusy { fetchKeys(at: now, random: &random, effects: &effects) }
            return
        }
        renewSenderIDIfNeeded(at: now, random: &random, effects: &effects)
        let protected: (Message, GroupRequestBinding)
        do {
            protected = try group.protectRequest(command.request, for: .group)
        } catch .sequenceNumbersExhausted where senderIDRenewal != .none {
            // GM-0238: nothing more under the old Sender ID.
            try queue(command)
            return
        } catch .sequenceNumberNotReserved {
            try queue(command)
            reserve()
            return
        } catch {
            throw .protection(error)
        }
        reserve()
        refreshRoster(at: now, random: &random, effects: &effects)
        let sent = try transmit(
            protected.0, to: network, settlesAfter: leisure + configuration.roundTrip, at: now, random: &random,
            effects: &effects)
        let responders = peers.filter { $0.value.roles.contains(.responder) }.keys
        counters.groupRequestsSent += 1
        var open = OpenGroupRequest(
            id: command.id, request: command.request, binding: protected.1,
            settlesAfter: leisure + configuration.roundTrip,
            missing: Set(responders),
            summary: GroupRequestSummary(
                datagramsSent: 0, expected: responders.count, answered: 0, missing: [], leisure: leisure,
                deadline: deadline, overhead: protected.0.body.count - command.request.body.count,
                datagramLength: sent.length))
        if !messageLayer.isQueued(sent.exchange) { open.leave(at: now) }
        groupRequests[sent.exchange] = open
    }

    private func queue(_ command: GroupCommand) throws(GroupCommandFailure) {
        guard queuedCommands.count < configuration.maximumQueuedCommands else { throw .tooManyRequests }
        queuedCommands.append(command)
    }

    func transmit(
        _ message: Message, to network: NetworkParameters, settlesAfter: Duration, at now: MonotonicInstant,
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
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
        let header = DatagramHeader(
            type: .nonConfirmable, code: message.code, messageID: MessageID(rawValue: 0),
            token: messageLayer.token(of: exchange) ?? .empty)
        return (exchange, header.encodedLength + message.body.count)
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
        random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard let generations, isGroupActive, var open = groupRequests[exchange] else {
            counters.responsesDropped += 1
            return
        }
        if renewal.isSaving, keepEarly(.response(exchange, incoming), at: now, random: &random, effects: &effects) {
            return
        }
        let body = incoming.body
        let result: Result<VerifiedResponse, VerificationFailure>
        do throws(VerificationFailure) {
            guard mayDecrypt(at: now) else { throw VerificationFailure.noContext }
            result = generations.verifyResponse(try ProtectedMessage(body.span), to: open.binding, now: now.sinceZero)
                .map(\.response)
        } catch {
            result = .failure(error)
        }
        switch result {
        case .success(let response):
            guard peers[response.sender]?.roles.contains(.responder) == true else {
                rejectResponse(.role, from: incoming.path.source, effects: &effects)
                return
            }
            guard !open.isRepeated || !open.answered.contains(response.sender),
                open.numbers.accept(response.partialIV, from: response.sender)
            else {
                counters.responsesDropped += 1
                return
            }
            counters.responsesAccepted += 1
            open.summary.answered += 1
            open.answered.insert(response.sender)
            open.missing.remove(response.sender)
            groupRequests[exchange] = open
            effects.append(
                .response(
                    open.id,
                    MemberResponse(
                        sender: response.sender, name: peers[response.sender]?.name, message: response.message,
                        latency: (open.sentAt ?? now).duration(to: now), source: incoming.path.source,
                        protectedLength: body.count)))
            if open.isSettled(isReadingRoster: isReadingRoster, at: now) {
                complete(exchange, at: now, effects: &effects)
            }
        case .failure(.unknownSender) where mayHold:
            hold(HeldMessage(.response(exchange, incoming)), at: now, effects: &effects)
        case .failure(.noContext)
        where mayHold && keepEarly(.response(exchange, incoming), at: now, random: &random, effects: &effects):
            // GOSC-0218: whoever answers has newer keys than this member. They are on their way, or have to be fetched.
            guard !renewal.isBusy, generations.renewal.noteUnknownGroupID(now: now.sinceZero, isAnswer: true)
            else { return }
            renewal.wantsVersion = true
        case .failure(let failure):
            noteUndecryptable(failure, at: now)
            rejectResponse(failure, from: incoming.path.source, effects: &effects)
        }
    }

    func endGroupRequests(at now: MonotonicInstant, effects: inout [NodeEffect]) {
        for (exchange, open) in groupRequests
        where open.isOver(at: now) || open.isSettled(isReadingRoster: isReadingRoster, at: now) {
            complete(exchange, at: now, effects: &effects)
        }
    }

    /// Members that became known while requests are open are expected to answer those, too.
    func expect(_ responders: [SenderID]) {
        for exchange in groupRequests.keys {
            groupRequests[exchange]?.missing.formUnion(responders)
            groupRequests[exchange]?.summary.expected += responders.count
        }
    }

    func complete(_ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        guard let open = groupRequests.removeValue(forKey: exchange) else { return }
        renewal.early.end(exchange)
        // GOSC-0003: with the Token the exchange is gone, and no further answer is accepted.
        messageLayer.end(exchange, at: now)
        finish(open, effects: &effects)
    }

    func finish(_ open: OpenGroupRequest, effects: inout [NodeEffect]) {
        var open = open
        open.summary.missing = open.missing.map(displayName(of:)).sorted()
        effects.append(.completed(open.id, open.summary))
    }

    func rejectResponse(
        _ failure: VerificationFailure, from source: SocketAddress, effects: inout [NodeEffect]
    ) {
        counters.rejected[failure, default: 0] += 1
        effects.append(.event(.rejected(failure, from: source)))
    }
}
