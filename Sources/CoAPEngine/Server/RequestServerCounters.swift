/// What happened, by reason. Only ever grows.
public struct RequestServerCounters: Hashable, Sendable {
    /// Requests taken in.
    public internal(set) var requests: UInt64 = 0
    /// Handlers called, for notifications too.
    public internal(set) var handlerCalls: UInt64 = 0
    /// Requests refused before a handler, with an answer or in silence.
    public internal(set) var refused: UInt64 = 0
    /// Group requests to resources that do not take them.
    public internal(set) var refusedFromGroup: UInt64 = 0
    /// Group requests for the links that came from too far or too fast.
    public internal(set) var discoveryRefused: UInt64 = 0
    /// Answers kept back from a group, or not wanted by the client.
    public internal(set) var suppressed: UInt64 = 0
    /// Answers that handlers may not give; 5.00 was sent instead.
    public internal(set) var improperAnswers: UInt64 = 0
    /// Answers to groups with a payload above ``RequestServerSettings/largeGroupAnswer``.
    public internal(set) var largeGroupAnswers: UInt64 = 0
    /// Group requests not answered because too many Leisure periods were waiting.
    public internal(set) var leisureOverload: UInt64 = 0
    /// Bodies that could not be put together: a gap, another Content-Format, or unknown here.
    public internal(set) var incompleteUploads: UInt64 = 0
    /// Uploads, observations and calls refused because of a limit.
    public internal(set) var overload: UInt64 = 0
    /// Kept things that went before their time to make room.
    public internal(set) var evictions: UInt64 = 0
    /// Uploads whose next block did not come in time.
    public internal(set) var expiredUploads: UInt64 = 0
    /// Deferred handlers that did not answer in time.
    public internal(set) var expiredCalls: UInt64 = 0
    /// Answers of deferred handlers that came too late.
    public internal(set) var answersTooLate: UInt64 = 0
    /// Notifications, replacements included.
    public internal(set) var notifications: UInt64 = 0
    /// Observations that ended because the client reset a notification or was not there.
    public internal(set) var lostObservers: UInt64 = 0
    /// Requests answered with 4.01 and Echo.
    public internal(set) var challenges: UInt64 = 0
    /// Echo values that were forged, altered or too old.
    public internal(set) var invalidEchoes: UInt64 = 0

    /// All zero.
    public init() {}
}

/// How much is kept at the moment.
public struct RequestServerLoad: Hashable, Sendable {
    /// Uploads under way, and answered ones that are remembered.
    public let uploads: Int
    /// Their bytes.
    public let uploadBytes: Int
    /// Representations kept for later blocks.
    public let snapshots: Int
    /// Their bytes.
    public let snapshotBytes: Int
    /// Observations.
    public let observations: Int
    /// Deferred handlers that run.
    public let calls: Int
    /// Addresses that count as reachable.
    public let reachableAddresses: Int
}
