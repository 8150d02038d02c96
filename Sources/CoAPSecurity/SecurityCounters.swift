public import OSCORE

/// What happened with the Security Contexts of an endpoint. Only ever grows.
public struct SecurityCounters: Hashable, Sendable {
    /// Requests that no context accepted, by reason.
    public internal(set) var rejectedRequests: [VerificationFailure: UInt64] = [:]
    /// Requests that were accepted before.
    public internal(set) var replays: UInt64 = 0
    /// Genuine requests that were not delivered because of the way that they came (RFC 10021 §14.9).
    public internal(set) var forbiddenRequests: UInt64 = 0
    /// Responses in groups that were not accepted, and such that cannot be decoded, by reason.
    public internal(set) var rejectedResponses: [VerificationFailure: UInt64] = [:]
    /// Responses that are genuine and came before, or when no more was expected; of OSCORE peers, all that were not accepted.
    public internal(set) var responsesDropped: UInt64 = 0
    /// Requests that were answered with Echo, because nobody knows whether they came before.
    public internal(set) var challenges: UInt64 = 0
    /// Such requests that were not answered because there were too many of that peer: four a second or 16 at once, and
    /// as many again that are newer than all before; of those that came to a group, only the latter.
    public internal(set) var challengesWithheld: UInt64 = 0
    /// Blocks of sequence numbers that the store did not keep; see ``SequenceNumberStore/reserve(below:)``.
    public internal(set) var storeFailures: UInt64 = 0

    /// All zero.
    public init() {}

    mutating func add(_ other: Self) {
        rejectedRequests.merge(other.rejectedRequests, uniquingKeysWith: +)
        replays += other.replays
        forbiddenRequests += other.forbiddenRequests
        rejectedResponses.merge(other.rejectedResponses, uniquingKeysWith: +)
        responsesDropped += other.responsesDropped
        challenges += other.challenges
        challengesWithheld += other.challengesWithheld
        storeFailures += other.storeFailures
    }
}
