import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine

extension ManagerEngine {
    /// Sends what the endpoint wants sent, and queues what it wants to know.
    func take(_ wanted: [EndpointEffect], at now: MonotonicInstant, effects: inout [ManagerEffect]) {
        for effect in wanted {
            switch effect {
            case .transmit(let datagram): effects.append(.send(datagram))
            case .response(let operation, let response): noteAnswer(response.message.code, to: operation)
            case .ended(let operation, let end): noteEnd(of: operation, end)
            // Handlers are all the driver's, and nothing else is asked of anybody.
            case .call, .responseLost, .pingEnded: break
            }
        }
        for asked in endpoint.takeAsked() {
            if let recipientID = asked.recipientID { endpoint.protection.candidates.hold(recipientID) }
            waiting.append(.network(asked))
        }
        for rejection in endpoint.protection.rejections {
            counters.rejections[rejection.reason, default: 0] += 1
            effects.append(.event(.rejected(from: rejection.from, reason: rejection.reason)))
        }
        endpoint.protection.rejections.removeAll(keepingCapacity: true)
    }

    /// Decides on what waits, unless a commit is open.
    func takeTurn(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        repeat {
            takeTurns(at: now, random: &random, effects: &effects)
            distribute(at: now, random: &random, effects: &effects)
        } while open == nil && hasWork(at: now)
    }

    private func hasWork(at now: MonotonicInstant) -> Bool {
        !waiting.isEmpty || !endpoint.protection.starving.isEmpty
            || !distributions.confirmations.isEmpty && distributions.goesOn(at: now)
            || isRekeyingDue(at: now) || isLapseCheckDue(at: now)
    }

    private func takeTurns(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [ManagerEffect]
    ) {
        while open == nil, hasWork(at: now) {
            let requests = Array(waiting.prefix(settings.decisionsPerCommit))
            waiting.removeFirst(requests.count)
            var turn = OpenTurn(id: makeCommitID())
            var writes: [ManagerWrite] = []
            for request in requests {
                decide(request, in: &turn, writes: &writes, at: now, random: &random)
            }
            endLapsedMemberships(in: &turn, writes: &writes, at: now, random: &random)
            noteRekeyings(of: turn, at: now)
            rekeyDueGroups(in: &turn, writes: &writes, at: now, random: &random)
            renewKeyAnswers(in: &turn, writes: &writes, at: now, random: &random)
            confirm(in: &turn, writes: &writes, random: &random)
            feed(in: &turn, writes: &writes, random: &random)
            signAudit(in: &turn, writes: &writes)
            guard !writes.isEmpty else {
                finish(turn, at: now, random: &random, effects: &effects)
                continue
            }
            open = turn
            effects.append(
                .commit(
                    ManagerChangeSet(
                        id: turn.id, writes: writes,
                        departures: DepartureEntry.entries(
                            of: writes, undo: turn.undo, in: endpoint.protection.state,
                            at: endpoint.protection.now.seconds))))
        }
    }

    /// Reserves numbers where they run out.
    private func feed(
        in turn: inout OpenTurn, writes: inout [ManagerWrite], random: inout some RandomNumberGenerator
    ) {
        let starving = endpoint.protection.starving
        endpoint.protection.starving = []
        for name in starving where turn.progress[name] == nil {
            guard let association = endpoint.protection.association(name), association.isDurable else { continue }
            let progress = association.progress
            let write: ManagerWrite
            switch name {
            case .invitation(let key):
                // An association that is not stored yet waits for a request that is.
                guard endpoint.protection.state.associations[key] != nil else { continue }
                write = .putAssociation(
                    AssociationRecord(
                        key: key, replayWindow: progress.replayWindow,
                        reservedSequenceEnd: progress.reservedSequenceEnd))
            case .client(let recipientID): write = .advanceClient(recipientID: recipientID, progress)
            }
            guard apply([write], in: &turn, writes: &writes, random: &random) else { continue }
            turn.progress[name] = WrittenProgress(progress, of: association)
        }
    }

    private func decide(
        _ request: WaitingRequest, in turn: inout OpenTurn, writes: inout [ManagerWrite], at now: MonotonicInstant,
        random: inout some RandomNumberGenerator
    ) {
        switch request {
        case .admin(let request, let id):
            var decision = AdminResources(
                state: endpoint.protection.state, settings: settings, status: { self.status },
                isDistributing: { self.distributions.groups[$0] != nil },
                now: endpoint.protection.now.seconds
            ).decide(request, random: &random)
            let evicted = hold(decision.evicted)
            if !apply(decision.writes, in: &turn, writes: &writes, random: &random) {
                // A decision that breaks a guard is a fault of ours: whoever asked hears of it, and nothing else changes.
                decision = AdminDecision(AdminResponse(code: .internalServerError))
            }
            turn.evicted += evicted.filter { _ in !decision.evicted.isEmpty }
            turn.replies.append(.admin(id, decision))
        case .network(let asked):
            counters.decisions += 1
            if let recipientID = asked.recipientID { turn.askers.append(recipientID) }
            var decision = decide(asked, in: &turn, writes: &writes, at: now, random: &random)
            let evicted = hold(decision.evicted)
            if !apply(decision.writes, in: &turn, writes: &writes, random: &random) {
                decision = Decision(ResourceResponse(.internalServerError))
            }
            turn.evicted += evicted.filter { _ in !decision.evicted.isEmpty }
            if decision.answer.code.isError { counters.refusals += 1 }
            noteExpiry(decision)
            if case .protected(_, let request, isNotification: false) = asked { noteObserver(request, decision) }
            noteKeyAnswer(asked, decision, in: &turn)
            turn.replies.append(.network(asked.call, decision))
        }
    }

    private func decide(
        _ asked: AskedRequest<ManagedRequest>, in turn: inout OpenTurn, writes: inout [ManagerWrite],
        at now: MonotonicInstant, random: inout some RandomNumberGenerator
    ) -> Decision {
        switch asked {
        case .open(_, let request, isNotification: _):
            return uploadToken(request, at: now, random: &random)
        case .protected(_, let request, let isNotification):
            guard let caller = caller(of: request) else { return Decision(ResourceResponse(.unauthorized)) }
            if !isNotification,
                !note(caller, at: request.path.reachableSource, in: &turn, writes: &writes, random: &random)
            {
                return Decision(ResourceResponse(.internalServerError))
            }
            let decision = decide(
                request, of: caller, isNotification: isNotification, rekeyedGroups: turn.rekeyedGroups, at: now,
                random: &random)
            return isNotification ? decision : confirmed(decision, by: caller, request)
        }
    }

    // GM-0495
    /// Sees to it that the request of a caller is marked durably with whatever it changes, and where it came from if that is
    /// another address than before; false if that cannot be.
    private func note(
        _ caller: Caller, at address: SocketAddress, in turn: inout OpenTurn, writes: inout [ManagerWrite],
        random: inout some RandomNumberGenerator
    ) -> Bool {
        guard mark(caller, at: address, in: &turn, writes: &writes, random: &random) else { return false }
        // GM-0317: after a crash, too, the manager knows where to tell it of new keys.
        guard case .client(let record) = caller, let known = endpoint.protection.state.clients[record.recipientID],
            known.address != address
        else { return true }
        return apply(
            [.locateClient(recipientID: record.recipientID, address)], in: &turn, writes: &writes, random: &random)
    }

    private func mark(
        _ caller: Caller, at address: SocketAddress, in turn: inout OpenTurn, writes: inout [ManagerWrite],
        random: inout some RandomNumberGenerator
    ) -> Bool {
        let name = caller.association
        guard let association = endpoint.protection.association(name) else { return false }
        // All that were verified before this turn are in the window, so one write a turn does.
        guard turn.progress[name]?.verified != association.verified else { return true }
        let progress = association.progress
        let write: ManagerWrite
        switch caller {
        case .invitation(_, let key):
            write = .putAssociation(
                AssociationRecord(
                    key: key, replayWindow: progress.replayWindow, reservedSequenceEnd: progress.reservedSequenceEnd))
        case .client(var record) where !association.isDurable:
            // The candidate has proven that it has the keys.
            record.progress = progress
            record.address = address
            write = .insertClient(record)
        case .client(let record):
            write = .advanceClient(recipientID: record.recipientID, progress)
        }
        guard apply([write], in: &turn, writes: &writes, random: &random) else { return false }
        if !association.isDurable { association.offered(progress) }
        turn.progress[name] = WrittenProgress(progress, of: association)
        return true
    }

    /// Applies writes with what the audit record says of them, which becomes durable with them or not at all.
    func apply(
        _ wanted: [ManagerWrite], in turn: inout OpenTurn, writes: inout [ManagerWrite],
        random: inout some RandomNumberGenerator
    ) -> Bool {
        guard !wanted.isEmpty else { return true }
        do {
            let audited = try endpoint.protection.state.applyAudited(
                wanted, at: endpoint.protection.now.seconds, random: &random)
            turn.undo += audited.undo
            writes += audited.writes
            for case .rekeyGroup(let rekeying) in wanted { turn.rekeyedGroups.insert(rekeying.groupName) }
            return true
        } catch {
            return false
        }
    }

    /// Signs the audit record where much has come since the latest signature; once a turn at most.
    private func signAudit(in turn: inout OpenTurn, writes: inout [ManagerWrite]) {
        guard endpoint.protection.state.isCheckpointDue,
            let write = endpoint.protection.state.checkpoint(at: endpoint.protection.now.seconds),
            let undo = try? endpoint.protection.state.apply(write)
        else { return }
        turn.undo.append(undo)
        writes.append(write)
    }
}

extension AskedRequest<ManagedRequest> {
    /// The client that asks; `nil` for strangers, and for whoever holds an invitation.
    fileprivate var recipientID: [UInt8]? {
        guard case .protected(_, let request, isNotification: false) = self,
            case .client(let recipientID) = request.verified.association
        else { return nil }
        return recipientID
    }
}
