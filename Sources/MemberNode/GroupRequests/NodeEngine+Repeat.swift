import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

// Whoever had the new keys before has perhaps not heard a request under the former Gid, or answered it with keys that this
// member did not have yet.
extension NodeEngine {
    /// The group has a new Gid: requests that wait for answers are repeated once, if doing it twice is doing it once, and if
    /// nothing was changed behind them: who has heard "off" since must not hear "on" once more.
    func noteNewGroupID(stale: StaleIndication, newcomers: [PeerRecord]) {
        for exchange in groupRequests.keys {
            guard var open = groupRequests[exchange] else { continue }
            if case .exact(let senderIDs) = stale { open.lose(senderIDs) }
            open.awaitsRepeat =
                !open.isRepeated && open.request.code.isRepeatable
                && (!open.request.code.isChange || exchange == latestChange)
            groupRequests[exchange] = open
        }
        // These leave under the new keys.
        if case .exact(let senderIDs) = stale {
            for index in repetitions.indices { repetitions[index].lose(senderIDs) }
        }
        expect(newcomers.filter { $0.roles.contains(.responder) }.compactMap { SenderID($0.senderID) })
    }

    /// Notes what is to be repeated now. Answers under the former keys have come until now, and those under the new ones.
    func collectRepetitions(at now: MonotonicInstant) {
        for (exchange, open) in groupRequests.sorted(by: { $0.key < $1.key }) where open.isRepeated(at: now) {
            // Once: whoever cannot be asked then is missing.
            groupRequests[exchange]?.awaitsRepeat = false
            guard isGroupActive else { continue }
            // The former Token is free first: what comes of it later is not for the same numbers.
            groupRequests[exchange] = nil
            renewal.early.end(exchange)
            messageLayer.end(exchange, at: now)
            repetitions.append(open)
        }
    }
}

extension Code {
    /// Whether doing it twice is doing it once (RFC 7252 §5.1, RFC 8132 §2): a lamp must not be toggled a second time.
    fileprivate var isRepeatable: Bool {
        [.get, .put, .delete, .fetch, .iPatch].contains(self)
    }

    /// Whether it is more than a question.
    var isChange: Bool { self != .get && self != .fetch }
}
