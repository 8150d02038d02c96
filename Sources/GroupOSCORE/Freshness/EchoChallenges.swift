public import OSCORE

/// The Echo values that a server has given out and waits for (RFC 10021 §9).
///
/// Times are durations since any fixed moment of a clock that is never set (ECHO-0015); the caller's monotonic clock.
public struct EchoChallenges: Sendable {
    private struct Challenge: Sendable {
        let value: EchoValue
        let issuedAt: Duration
        let number: PartialIV?

        func isExpired(at now: Duration, after maximumAge: Duration) -> Bool { now - issuedAt > maximumAge }
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

    /// The newest last.
    private var challenges: OldestGoes<EchoPeer, [Challenge]>
    /// How long an issued value is remembered.
    public let maximumAge: Duration

    /// A client answers a challenge at once, unless it sleeps.
    public static let defaultMaximumAge = Duration.seconds(120)
    /// More clients than most groups have; each costs some 300 bytes at most.
    public static let defaultMaximumCount = 256

    /// Starts with no challenge issued.
    ///
    /// - Parameters:
    ///   - maximumCount: The most clients to remember; one more, and the one challenged longest ago goes. It is
    ///     challenged again.
    ///   - maximumAge: How long a value is remembered.
    public init(maximumCount: Int = defaultMaximumCount, maximumAge: Duration = defaultMaximumAge) {
        self.challenges = OldestGoes(maximumCount: maximumCount)
        self.maximumAge = maximumAge
    }

    /// How many clients have a value.
    public var count: Int { challenges.count }

    // A client may have several requests on the way, and whoever records one of them can send it again to have it
    // challenged: a value stays good while a few others are given out, for older requests as many as there may be.
    /// Makes a value for one client and remembers it beside at most three earlier ones, those for the newest requests.
    ///
    /// - Parameter number: The Partial IV of the request that is challenged; `nil` if it cannot be a replay.
    public mutating func issue(
        for peer: EchoPeer, number: PartialIV? = nil, now: Duration, random: inout some RandomNumberGenerator
    ) -> EchoValue {
        // GOSC-0265: 64 random bits do not come again; one that is still expected would be noticed.
        var value = EchoValue(random: &random)
        if challenges.contains(where: { $0.contains { $0.value.matches(value) } }) {
            value = EchoValue(random: &random)
        }
        var earlier = (challenges[peer] ?? []).filter { !$0.isExpired(at: now, after: maximumAge) }
        while earlier.count >= Self.maximumPerClient {
            // The oldest of those for the oldest request.
            let least = earlier.indices.min { (earlier[$0].number?.value ?? 0) < (earlier[$1].number?.value ?? 0) }
            guard let least else { break }
            earlier.remove(at: least)
        }
        challenges[peer] = earlier + [Challenge(value: value, issuedAt: now, number: number)]
        return value
    }

    /// Whether a value that a verified request gives back proves what it should. A value proves something once.
    public mutating func judge(
        _ echo: EchoValue, of peer: EchoPeer, for purpose: Purpose, now: Duration
    ) -> Verdict {
        let maximumAge = maximumAge
        challenges.removeAll { _, values in values.allSatisfy { $0.isExpired(at: now, after: maximumAge) } }
        guard let values = challenges[peer] else {
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
        guard
            let challenge = values.first(where: { $0.value.matches(echo) && !$0.isExpired(at: now, after: maximumAge) })
        else { return .challenge }
        // ECHO-0003: the request is younger than the challenge, which must be young enough itself.
        if case .freshness(let limit, _) = purpose, now - challenge.issuedAt >= limit { return .challenge }
        let others = values.filter { !$0.value.matches(echo) }
        challenges[peer] = others.isEmpty ? nil : others
        return .fresh
    }

    // GOSC-0267
    /// Forgets all values that were given out under a Gid, because its group has a new one.
    public mutating func removeAll(under groupID: GroupID) {
        challenges.removeAll { peer, _ in peer.groupID == groupID }
    }

    private static let maximumPerClient = 4
}
