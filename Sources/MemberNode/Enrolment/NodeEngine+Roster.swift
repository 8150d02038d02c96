import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

extension NodeEngine {
    /// Keeps a message until its sender is known, and asks the manager.
    func hold(_ message: HeldMessage, effects: inout [NodeEffect]) {
        guard association != nil, held.count < configuration.maximumHeldMessages else {
            counters.heldOverflow += 1
            refuseStranger(message, effects: &effects)
            return
        }
        held.append(message)
        rosterIsWanted = true
    }

    /// Asks the manager who is in the group, at most once in the configured interval.
    func readRoster(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        guard rosterIsWanted, !isReadingRoster, let association, let membership else { return }
        if let next = nextRosterQuestion, now < next { return }
        guard association.reservation.next < association.reservation.reservedEnd else {
            reserve()
            return
        }
        var options = Options()
        options.uriPath = ["ace-group", membership.groupName, "creds"]
        do {
            try ask(
                Message(code: .get, options: options), kind: .roster, at: now, random: &random, effects: &effects)
            isReadingRoster = true
            rosterIsWanted = false
            nextRosterQuestion = now.advanced(by: configuration.rosterInterval)
        } catch {
            rosterFailed(effects: &effects)
        }
    }

    /// Keeps members that are new before their messages are looked at.
    func takeRoster(_ response: Message, effects: inout [NodeEffect]) {
        guard response.code == .content,
            let answer = try? CredentialsResponse(decoding: response.payload.span)
        else {
            rosterFailed(effects: &effects)
            return
        }
        isReadingRoster = false
        let known = Set(peers.keys)
        let records = answer.peers.filter { peer in
            guard let senderID = SenderID(peer.senderID) else { return false }
            return !known.contains(senderID) && peer.senderID != membership?.senderID
        }
        draft.continuations.append(.learned(records.map(PeerRecord.init)))
        if records.isEmpty {
            // Nothing to make durable: what was held is from strangers.
            let continuations = draft.continuations
            draft.continuations = continuations.filter { if case .learned = $0 { false } else { true } }
            effects.append(.event(.rosterRead(peers.count)))
            releaseHeld(at: nil, effects: &effects)
        } else {
            draft.writes.append(.savePeers(records.map(PeerRecord.init)))
        }
    }

    /// New members are durable: use them, and look again at what was held.
    func install(_ records: [PeerRecord], at now: MonotonicInstant, effects: inout [NodeEffect]) {
        do {
            try learn(records)
        } catch {
            rosterFailed(effects: &effects)
            return
        }
        effects.append(.event(.rosterRead(peers.count)))
        releaseHeld(at: now, effects: &effects)
    }

    func rosterFailed(effects: inout [NodeEffect]) {
        isReadingRoster = false
        effects.append(.event(.rosterUnavailable))
        releaseHeld(at: nil, effects: &effects)
    }

    /// Looks again at held messages; without `now` their senders stay strangers.
    private func releaseHeld(at now: MonotonicInstant?, effects: inout [NodeEffect]) {
        let messages = held
        held.removeAll()
        for message in messages {
            guard let now else {
                refuseStranger(message, effects: &effects)
                continue
            }
            switch message.kind {
            case .request(let request):
                verify(request, mayHold: false, at: now, effects: &effects)
            case .response(let exchange, let response):
                takeGroupResponse(response, exchange: exchange, mayHold: false, at: now, effects: &effects)
            }
        }
    }

    private func refuseStranger(_ message: HeldMessage, effects: inout [NodeEffect]) {
        switch message.kind {
        case .request(let request):
            reject(request, .unknownSender, effects: &effects)
        case .response(_, let response):
            counters.rejected[.unknownSender, default: 0] += 1
            effects.append(.event(.rejected(.unknownSender, from: response.path.source)))
        }
    }
}
