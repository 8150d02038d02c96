import OSCORE

/// Decides at a server which verified requests are recent enough to be delivered (RFC 10021 §5.2, §9).
public struct RequestFreshness: Sendable {
    /// Which requests have to be fresh.
    public enum Demand: Hashable, Sendable {
        /// None.
        case never
        // GOSC-0277
        /// One of each client, before any of its requests is delivered.
        case firstRequest
        /// Every one.
        case everyRequest
    }

    /// What to do with a verified request.
    public enum Verdict: Sendable {
        /// Deliver it.
        case deliver
        /// Do not deliver it; answer with ``EchoChallengeResponse``.
        case challenge(EchoValue)
        /// Do not deliver it and say nothing: this server is silent.
        case discard
    }

    /// The values that were given out.
    public private(set) var challenges: EchoChallenges
    private var proven: OldestGoes<EchoPeer, Bool>
    /// How old a request may be.
    public let limit: Duration
    // GOSC-0355
    /// Whether a request without Echo counts as fresh while its Security Context is younger than ``limit``.
    public let trustsYoungContexts: Bool

    /// Starts with nothing proved.
    ///
    /// - Parameters:
    ///   - limit: How old a request may be.
    ///   - trustsYoungContexts: Whether the age of the Security Context spares a challenge.
    public init(
        limit: Duration, trustsYoungContexts: Bool = false, maximumCount: Int = EchoChallenges.defaultMaximumCount
    ) {
        self.limit = limit
        self.trustsYoungContexts = trustsYoungContexts
        self.challenges = EchoChallenges(maximumCount: maximumCount)
        self.proven = OldestGoes(maximumCount: maximumCount)
    }

    /// Judges a request that was verified against a valid window.
    ///
    /// - Parameters:
    ///   - demand: What the resource asks for.
    ///   - echo: The *inner* Echo value of the request, if it has one. Ignored where nothing is to be proved.
    ///   - peer: The request's Gid and kid.
    ///   - now: The moment of arrival.
    ///   - contextEstablishedAt: When the Security Context was installed here.
    ///   - canAnswer: False for a silent server.
    public mutating func judge(
        _ demand: Demand, echo: EchoValue?, of peer: EchoPeer, now: Duration, contextEstablishedAt: Duration,
        canAnswer: Bool, random: inout some RandomNumberGenerator
    ) -> Verdict {
        // GOSC-0163, ECHO-0008
        if demand == .never || demand == .firstRequest && proven[peer] == true { return .deliver }
        if let echo {
            let purpose = EchoChallenges.Purpose.freshness(limit: limit, contextEstablishedAt: contextEstablishedAt)
            if challenges.judge(echo, of: peer, for: purpose, now: now) == .fresh {
                proven[peer] = true
                return .deliver
            }
        } else if trustsYoungContexts, now - contextEstablishedAt < limit {
            proven[peer] = true
            return .deliver
        }
        // GOSC-0263, GOSC-0274, ECHO-0005: not delivered.
        return canAnswer ? .challenge(challenges.issue(for: peer, now: now, random: &random)) : .discard
    }

    /// Judges a genuine request whose window is invalid; `.deliver` means that ``GroupContext/accept(_:)`` may take it.
    public mutating func judge(
        _ request: UnprovenRequest, now: Duration, random: inout some RandomNumberGenerator
    ) -> Verdict {
        judgeUnproven(
            echo: request.echo.flatMap { EchoValue($0) }, of: EchoPeer(request),
            number: request.binding.request.partialIV, now: now, random: &random)
    }

    /// Judges a genuine request whose window is invalid, by its parts.
    mutating func judgeUnproven(
        echo: EchoValue?, of peer: EchoPeer, number: PartialIV? = nil, now: Duration,
        random: inout some RandomNumberGenerator
    ) -> Verdict {
        if let echo, challenges.judge(echo, of: peer, for: .replayWindow, now: now) == .fresh {
            proven[peer.client] = true
            return .deliver
        }
        return .challenge(challenges.issue(for: peer, number: number, now: now, random: &random))
    }

    /// Forgets everything about the clients under a Gid, because its group has a new one.
    public mutating func removeAll(under groupID: GroupID) {
        challenges.removeAll(under: groupID)
        proven.removeAll { peer, _ in peer.groupID == groupID }
    }
}
