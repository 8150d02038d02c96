import ACEGroupcomm
import CoAP
import CoAPEngine
import GroupOSCORE
import OSCORE

// Whoever had the new keys before has perhaps not heard a request under the former Gid, or answered it with keys that this
// member did not have yet.
extension NodeEngine {
    /// The group has a new Gid: requests that wait for answers are repeated once, if doing it twice is doing it once.
    func noteNewGroupID(stale: StaleIndication, newcomers: [PeerRecord]) {
        for exchange in groupRequests.keys {
            guard var open = groupRequests[exchange] else { continue }
            let gone: Set<SenderID> =
                switch stale {
                case .exact(let senderIDs): open.missing.intersection(senderIDs)
                case .unknown: []
                }
            open.missing.subtract(gone)
            open.summary.expected -= gone.count
            open.awaitsRepeat = !open.isRepeated && open.sentAt != nil && open.request.code.isRepeatable
            groupRequests[exchange] = open
        }
        expect(newcomers.filter { $0.roles.contains(.responder) }.compactMap { SenderID($0.senderID) })
    }

    /// Takes back what waits for its turn behind other requests to the group: nobody may be able to read it any more when it
    /// leaves. It is protected with the new keys then, whatever it asks for: it has not been sent.
    func requeueUnsent(at now: MonotonicInstant) {
        let unsent = groupRequests.filter { $0.value.sentAt == nil && !$0.value.isRepeated }
        for (exchange, open) in unsent.sorted(by: { $0.key < $1.key }) {
            groupRequests[exchange] = nil
            messageLayer.end(exchange, at: now)
            queuedCommands.append(
                GroupCommand(id: open.id, request: open.request, deadline: open.summary.deadline))
        }
    }

    /// Repeats what is still to be answered. Answers under the former keys have come until now, and those under the new ones.
    func repeatRequests(
        at now: MonotonicInstant, random: inout some RandomNumberGenerator, effects: inout [NodeEffect]
    ) {
        for (exchange, open) in groupRequests where open.isRepeated(at: now) {
            // Once: without numbers there is none.
            groupRequests[exchange]?.awaitsRepeat = false
            guard isGroupActive, !renewal.isSaving, !keysAreExpired(at: now), let group,
                let network = membership?.network,
                let (message, binding) = try? group.protectRequest(open.request, for: .group)
            else { continue }
            // The former Token is free first: what comes of it later is not for the same numbers.
            groupRequests[exchange] = nil
            messageLayer.end(exchange, at: now)
            guard
                let sent = try? transmit(
                    message, to: network, settlesAfter: open.settlesAfter, at: now, random: &random, effects: &effects)
            else {
                finish(open, effects: &effects)
                continue
            }
            counters.groupRequestsSent += 1
            var repeated = open.repeated(with: binding)
            if !messageLayer.isQueued(sent.exchange) { repeated.leave(at: now) }
            groupRequests[sent.exchange] = repeated
        }
        reserve()
    }
}

extension Code {
    /// Whether doing it twice is doing it once (RFC 7252 §5.1, RFC 8132 §2): a lamp must not be toggled a second time.
    fileprivate var isRepeatable: Bool {
        [.get, .put, .delete, .fetch, .iPatch].contains(self)
    }
}
