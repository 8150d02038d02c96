internal import Bytes
internal import CoAP

/// What is under way to one endpoint, or to one group, which counts as one server (RFC 7252 §4.7).
internal struct Destination: Sendable {
    // COAP-0256, COAP-0257
    /// An outstanding interaction: a request that an answer is still expected to.
    struct Interaction: Sendable {
        let messageID: MessageID
        let leftAt: MonotonicInstant
        /// When PROBING_RATE has paid for all that was sent to here without an answer.
        var paidAt: MonotonicInstant
        /// Until when members of a group that has begun to answer may go on; in the past for one endpoint.
        var settlesAt: MonotonicInstant
        /// Whether it is being retransmitted, which has an end of its own.
        var isRetransmitted: Bool
        /// Whether a member of the group has answered.
        var isAnswered = false

        var endsAt: MonotonicInstant {
            if isRetransmitted { return .latest }
            // COAP-0258: silence has to be paid for.
            return isAnswered ? settlesAt : max(paidAt, settlesAt)
        }
    }

    /// A request that waits for its turn.
    struct Waiting: Sendable {
        let message: OutgoingMessage
        /// COAP-0102: a repeat does not leave before the members had time to answer.
        let notBefore: MonotonicInstant
    }

    let address: SocketAddress
    private var outstanding: [Interaction] = []
    /// When everything sent to here will have been paid for.
    private var paidAt = MonotonicInstant.earliest
    var queue = FIFO<Waiting>()
    /// When so many wait, those whose exchange is over are looked for.
    var queueWorthATidy = 16
    /// Set while something waits.
    var timer: TimerID?

    init(_ address: SocketAddress) {
        self.address = address
    }

    var isGroup: Bool { address.address.isMulticast }

    /// When the next request may leave, as far as is known: in the past if at once.
    mutating func nextTurn(nStart: Int, at now: MonotonicInstant) -> MonotonicInstant {
        outstanding.removeAll { $0.endsAt <= now }
        guard outstanding.count >= nStart else { return now }
        return outstanding.lazy.map(\.endsAt).min() ?? now
    }

    /// The same, of what is known to be outstanding.
    func nextTurn(nStart: Int) -> MonotonicInstant {
        guard outstanding.count >= nStart else { return .earliest }
        return outstanding.map(\.endsAt).sorted()[outstanding.count - nStart]
    }

    /// Whether nothing is kept here that matters.
    mutating func isIdle(at now: MonotonicInstant) -> Bool {
        outstanding.removeAll { $0.endsAt <= now }
        return outstanding.isEmpty && queue.isEmpty
    }

    /// A request leaves.
    ///
    /// - Parameter cost: What it owes, in nanoseconds.
    mutating func begin(
        _ messageID: MessageID, cost: Int64, settlesAfter: Duration?, isRetransmitted: Bool, at now: MonotonicInstant
    ) {
        if outstanding.isEmpty { paidAt = now }
        paidAt = max(paidAt, now).advanced(byNanoseconds: cost)
        outstanding.append(
            Interaction(
                messageID: messageID, leftAt: now, paidAt: paidAt,
                settlesAt: settlesAfter.map { now.advanced(by: $0) } ?? .earliest, isRetransmitted: isRetransmitted))
    }

    /// A message that is still outstanding was sent once more.
    mutating func charge(_ messageID: MessageID, cost: Int64, at now: MonotonicInstant) {
        for index in outstanding.indices where outstanding[index].messageID == messageID {
            paidAt = max(paidAt, now).advanced(byNanoseconds: cost)
            outstanding[index].paidAt = paidAt
        }
    }

    /// Something came back: the peer is there. Answers whether somebody's turn may have come.
    mutating func answered(_ messageID: MessageID, at now: MonotonicInstant) -> Bool {
        paidAt = now
        for index in outstanding.indices where outstanding[index].messageID == messageID {
            outstanding[index].isAnswered = true
            outstanding[index].isRetransmitted = false
        }
        outstanding.removeAll { $0.isAnswered && $0.endsAt <= now }
        return !queue.isEmpty
    }

    /// The same, for what nobody waits for any more.
    mutating func answeredLate(_ messageID: MessageID, at now: MonotonicInstant) -> Bool {
        guard outstanding.contains(where: { $0.messageID == messageID && !$0.isAnswered }) else { return false }
        return answered(messageID, at: now)
    }

    /// The datagram has not left: nothing is owed for it.
    mutating func didNotLeave(_ messageID: MessageID, at now: MonotonicInstant) -> Bool {
        outstanding.removeAll { $0.messageID == messageID }
        return !queue.isEmpty
    }

    /// Nobody waits for an answer any more. What was sent in vain stays owed: with EXCHANGE_LIFETIME as the limit for a
    /// retransmitted message, which is when RFC 7252 §4.7 stops to expect anything.
    mutating func stopExpecting(_ messageID: MessageID, exchangeLifetime: Int64, at now: MonotonicInstant) -> Bool {
        for index in outstanding.indices where outstanding[index].messageID == messageID {
            outstanding[index].settlesAt = .earliest
            if outstanding[index].isRetransmitted {
                outstanding[index].isRetransmitted = false
                outstanding[index].paidAt = min(
                    outstanding[index].paidAt, outstanding[index].leftAt.advanced(byNanoseconds: exchangeLifetime))
            }
        }
        return !queue.isEmpty
    }
}

/// A request of ours on its way out, whose Message ID is drawn when it leaves.
internal struct OutgoingMessage: Sendable {
    let exchange: ExchangeID
    var datagram: OutgoingDatagram
    /// The Message ID of the transmission that this one repeats byte for byte.
    let repeats: MessageID?
    /// For groups: how long after it left members may answer.
    let settlesAfter: Duration?
    /// When to give up waiting, from the moment that it leaves; `nil` leaves that as it is.
    let timeout: Duration?
}
