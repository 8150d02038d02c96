import ACEGroupcomm
import Bytes
import CoAP
import CoAPEngine
import OSCORE

extension NodeEngine {
    /// Keeps a message until its sender is known, and asks the manager.
    func hold(_ message: HeldMessage, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        guard association != nil, held.count < configuration.maximumHeldMessages else {
            counters.heldOverflow += 1
            refuseStranger(message, at: now, effects: &effects)
            return
        }
        held.append(message)
        rosterIsWanted = true
    }

    /// Has the roster read if it is older than configured.
    func refreshRoster(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        if let readAt = rosterReadAt, readAt.duration(to: now) < configuration.rosterAge { return }
        rosterIsWanted = true
        readRoster(at: now, random: &random, effects: &effects)
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
            rosterFailed(at: now, effects: &effects)
        }
    }

    /// Keeps members that are new before their messages are looked at.
    func takeRoster(_ response: Message, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        guard response.code == .content,
            let answer = try? CredentialsResponse(decoding: response.payload.span)
        else {
            rosterFailed(at: now, effects: &effects)
            return
        }
        isReadingRoster = false
        rosterReadAt = now
        let known = Set(peers.keys)
        let records = answer.peers.filter { peer in
            guard let senderID = SenderID(peer.senderID) else { return false }
            return !known.contains(senderID) && peer.senderID != membership?.senderID
        }
        guard !records.isEmpty else {
            effects.append(.event(.rosterRead(peers.count)))
            releaseHeld(areKnown: false, at: now, effects: &effects)
            endGroupRequests(at: now, effects: &effects)
            return
        }
        draft.writes.append(.savePeers(records.map(PeerRecord.init)))
        draft.continuations.append(.learned(records.map(PeerRecord.init)))
    }

    /// New members are durable: use them, and look again at what was held.
    func install(_ records: [PeerRecord], at now: MonotonicInstant, effects: inout [NodeEffect]) {
        do {
            try learn(records)
        } catch {
            rosterFailed(at: now, effects: &effects)
            return
        }
        effects.append(.event(.rosterRead(peers.count)))
        expect(records.filter { $0.roles.contains(.responder) }.compactMap { SenderID($0.senderID) })
        releaseHeld(areKnown: true, at: now, effects: &effects)
    }

    func rosterFailed(at now: MonotonicInstant, effects: inout [NodeEffect]) {
        isReadingRoster = false
        effects.append(.event(.rosterUnavailable))
        releaseHeld(areKnown: false, at: now, effects: &effects)
        endGroupRequests(at: now, effects: &effects)
    }

    /// Looks again at held messages; unless the roster has grown their senders stay strangers.
    private func releaseHeld(areKnown: Bool, at now: MonotonicInstant, effects: inout [NodeEffect]) {
        let messages = held
        held.removeAll()
        for message in messages {
            guard areKnown else {
                refuseStranger(message, at: now, effects: &effects)
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

    private func refuseStranger(
        _ message: HeldMessage, at now: MonotonicInstant, effects: inout [NodeEffect]
    ) {
        switch message.kind {
        case .request(let request):
            reject(request, .unknownSender, at: now, effects: &effects)
        case .response(_, let response):
            counters.rejected[.unknownSender, default: 0] += 1
            effects.append(.event(.rejected(.unknownSender, from: response.path.source)))
        }
    }
}
