import ACEGroupcomm
import Bytes
import CoAP
public import CoAPEngine
import GroupOSCORE
import OSCORE

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
            try queue(command)
            if needsKeys(at: now), !renewal.isBusy { fetchKeys(at: now, random: &random, effects: &effects) }
            sendQueuedRequests(at: now, random: &random, effects: &effects)
        } catch {
            effects.append(.failed(command.id, error))
        }
        flush(into: &effects)
    }

    /// Ends a group request early: its Token is freed, later answers are dropped.
    public func cancel(_ id: GroupCommand.ID, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        for command in queuedCommands where command.id == id {
            effects.append(
                .completed(
                    id,
                    GroupRequestSummary(
                        datagramsSent: 0, expected: 0, answered: 0, missing: [], leisure: leisureWindow,
                        deadline: command.deadline ?? .zero, overhead: 0, datagramLength: 0)))
        }
        queuedCommands.removeAll { $0.id == id }
        for open in repetitions where open.id == id { finish(open, effects: &effects) }
        repetitions.removeAll { $0.id == id }
        for (exchange, open) in groupRequests where open.id == id {
            complete(exchange, at: now, effects: &effects)
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
                        latency: open.sentAt.duration(to: now), source: incoming.path.source,
                        protectedLength: body.count)))
            if open.isSettled(awaitsRoster: awaitsRoster(at: now), at: now) {
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
        where open.isOver(at: now) || open.isSettled(awaitsRoster: awaitsRoster(at: now), at: now) {
            complete(exchange, at: now, effects: &effects)
        }
    }

    /// Members that became known while requests are open are expected to answer those, too.
    func expect(_ responders: [SenderID]) {
        for exchange in groupRequests.keys {
            groupRequests[exchange]?.missing.formUnion(responders)
            groupRequests[exchange]?.summary.expected += responders.count
        }
        for index in repetitions.indices {
            repetitions[index].missing.formUnion(responders)
            repetitions[index].summary.expected += responders.count
        }
    }

    func complete(_ exchange: ExchangeID, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        guard let open = groupRequests.removeValue(forKey: exchange) else { return }
        renewal.early.end(exchange)
        // GOSC-0003: with the Token the exchange is gone, and no further answer is accepted.
        messageLayer.end(exchange, at: now)
        if !queuedCommands.isEmpty || !repetitions.isEmpty { turnAt = now }
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
