internal import CoAPEngine
internal import OSCORE

/// How many Echo challenges one peer may get: four a second, 16 at once, and as many again for new requests.
///
/// Each costs a number, and whoever has recorded old requests can ask for as many as it likes. But what it has recorded is
/// not newer than what the peer sends now. So replays, however many, do not keep the peer from being asked. A challenge to a
/// group request waits for a period of Leisure, of which there are few for all members: only new requests get one.
struct ChallengeRate {
    private var all = Tokens()
    private var newer = Tokens()
    /// The greatest that was seen in a request that nobody knows to be new.
    private var newest: PartialIV?

    /// Whether the challenge to a request may be sent; counts it.
    ///
    /// - Parameters:
    ///   - number: The request's Partial IV.
    ///   - isMulticast: Whether it came to a group.
    mutating func admit(_ number: PartialIV, isMulticast: Bool, at now: MonotonicInstant) -> Bool {
        let isNewest = newest.map { number > $0 } ?? true
        if isNewest { newest = number }
        guard isNewest || !isMulticast else { return false }
        return all.take(at: now) || isNewest && newer.take(at: now)
    }

    private struct Tokens {
        /// When those that were taken are paid for, at ``interval`` each.
        private var paidAt = MonotonicInstant(nanoseconds: .min)

        mutating func take(at now: MonotonicInstant) -> Bool {
            let paid = max(paidAt, now)
            guard now.duration(to: paid) < Self.interval * Self.burst else { return false }
            paidAt = paid.advanced(by: Self.interval)
            return true
        }

        private static let interval = Duration.milliseconds(250)
        private static let burst = 16
    }
}
