import OSCORE

/// The Echo values that a server has given out and waits for (RFC 10021 §9).
///
/// Times are durations since any fixed moment of a clock that is never set (ECHO-0015); the caller's monotonic clock.
public struct EchoChallenges: Sendable {
    private struct Challenge: Sendable {
        let value: EchoValue
        let issuedAt: Duration
    }

    /// What a request that gives a value back is to prove.
    public enum Purpose: Hashable, Sendable {
        /// That it was sent less than `limit` ago.
        case freshness(limit: Duration, contextEstablishedAt: Duration)
        /// That it was never accepted before, because the replay window cannot tell.
        case replayWindow
    }

    /// What a value proves.
    public enum Verdict: Hashable, Sendable {
        /// What was to be proved.
        case fresh
        /// Nothing: ask again.
        case challenge
    }

    private var challenges: OldestGoes<EchoPeer, Challenge>
    /// How long an issued value is remembered.
    public let maximumAge: Duration

    /// A client answers a challenge at once, unless it sleeps.
    public static let defaultMaximumAge = Duration.seconds(120)
    /// More clients than most groups have; each costs some 100 bytes.
    public static let defaultMaximumCount = 256

    /// Starts with no challenge issued.
    ///
    /// - Parameters:
    ///   - maximumCount: The most values to remember; one more, and the oldest goes. Its client is challenged again.
    ///   - maximumAge: How long a value is remembered.
    public init(maximumCount: Int = defaultMaximumCount, maximumAge: Duration = defaultMaximumAge) {
        self.challenges = OldestGoes(maximumCount: maximumCount)
        self.maximumAge = maximumAge
    }

    /// How many values are remembered.
    public var count: Int { challenges.count }

    /// Makes a value for one client and remembers it in the place of an earlier one.
    public mutating func issue(
        for peer: EchoPeer, now: Duration, random: inout some RandomNumberGenerator
    ) -> EchoValue {
        // GOSC-0265: 64 random bits do not come again; one that is still expected would be noticed.
        var value = EchoValue(random: &random)
        if challenges.contains(where: { $0.value.matches(value) }) { value = EchoValue(random: &random) }
        challenges[peer] = Challenge(value: value, issuedAt: now)
        return value
    }

    /// Whether a value that a verified request gives back proves what it should. A value proves something once.
    public mutating func judge(
        _ echo: EchoValue, of peer: EchoPeer, for purpose: Purpose, now: Duration
    ) -> Verdict {
        challenges.removeAll { _, challenge in now - challenge.issuedAt > maximumAge }
        guard let challenge = challenges[peer] else {
            switch purpose {
            case .freshness(let limit, let establishedAt):
                // GOSC-0272: nothing under a context is older than the context.
                return now - establishedAt < limit ? .fresh : .challenge
            case .replayWindow:
                // The age of the context says nothing here: a request that was accepted a moment ago would pass again.
                return .challenge
            }
        }
        // GOSC-0273
        guard challenge.value.matches(echo) else { return .challenge }
        // ECHO-0003: the request is younger than the challenge, which must be young enough itself.
        if case .freshness(let limit, _) = purpose, now - challenge.issuedAt >= limit { return .challenge }
        challenges[peer] = nil
        return .fresh
    }

    // GOSC-0267
    /// Forgets all values that were given out under a Gid, because its group has a new one.
    public mutating func removeAll(under groupID: GroupID) {
        challenges.removeAll { peer, _ in peer.groupID == groupID }
    }
}
