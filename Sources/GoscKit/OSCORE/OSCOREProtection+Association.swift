internal import CoAPEngine
internal import OSCORE

extension OSCOREProtection {
    /// One context and what belongs to it.
    final class Association {
        let context: SecurityContext
        let store: any SequenceNumberStore
        let peer: PeerIdentity
        var challenge: EchoChallenge?
        private(set) var counters = OSCOREProtectionCounters()
        /// When the challenges that were sent are paid for, at ``challengeInterval`` each.
        private var challengesPaidAt = MonotonicInstant(nanoseconds: .min)

        init(context: SecurityContext, store: any SequenceNumberStore, peer: PeerIdentity) {
            self.context = context
            self.store = store
            self.peer = peer
        }

        /// Makes the next numbers durable before the first of them is used.
        ///
        /// - Throws: ``ProtectionRefusal/notStored(_:)`` if that fails and no number is left that is durable already.
        func reserve() throws(ProtectionRefusal) {
            guard let end = context.reservation.wantedEnd else { return }
            do {
                try store.reserve(below: end)
            } catch {
                counters.storeFailures += 1
                guard context.reservation.next < context.reservation.reservedEnd else { throw .notStored("\(error)") }
                return
            }
            context.extendReservation(to: end)
        }

        /// Whether a further challenge may be sent. Each costs a number, and whoever has recorded old requests can ask for
        /// as many as it likes.
        func mayChallenge(at now: MonotonicInstant) -> Bool {
            let paidAt = max(challengesPaidAt, now)
            guard now.duration(to: paidAt) < Self.challengeInterval * Self.challengesAtOnce else {
                counters.challengesWithheld += 1
                return false
            }
            challengesPaidAt = paidAt.advanced(by: Self.challengeInterval)
            counters.challenges += 1
            return true
        }

        private static let challengeInterval = Duration.milliseconds(250)
        private static let challengesAtOnce = 16
    }
}

/// What happened with the OSCORE contexts of an endpoint. Only ever grows.
public struct OSCOREProtectionCounters: Hashable, Sendable {
    /// Blocks of sequence numbers that the store did not keep; see ``SequenceNumberStore/reserve(below:)``.
    public internal(set) var storeFailures: UInt64 = 0
    /// Requests that were answered with Echo, because nobody knows whether they came before.
    public internal(set) var challenges: UInt64 = 0
    /// Such requests that were not answered because there were too many of that peer: four a second, or 16 at once.
    public internal(set) var challengesWithheld: UInt64 = 0

    /// All zero.
    public init() {}

    mutating func add(_ other: Self) {
        storeFailures += other.storeFailures
        challenges += other.challenges
        challengesWithheld += other.challengesWithheld
    }
}
