import CoAPEngine
public import OSCORE

/// What a node has counted since it started.
public struct NodeCounters: Hashable, Sendable {
    /// Requests that were verified and reached a resource handler.
    public var handlerCalls: UInt64 = 0
    /// Requests whose Partial IV was accepted before.
    public var replays: UInt64 = 0
    /// Requests that a monitor verified.
    public var overheard: UInt64 = 0
    /// Messages that were not accepted, by reason.
    public var rejected: [VerificationFailure: UInt64] = [:]
    /// Group requests sent.
    public var groupRequestsSent: UInt64 = 0
    /// Responses sent.
    public var responsesSent: UInt64 = 0
    /// Responses not sent because too many wait for their Leisure period.
    public var responsesCrowdedOut: UInt64 = 0
    /// Responses accepted.
    public var responsesAccepted: UInt64 = 0
    /// Responses dropped because one of the same member was accepted before, or the request is no longer open.
    public var responsesDropped: UInt64 = 0
    /// Requests dropped because too many wait for the manager.
    public var heldOverflow: UInt64 = 0
    /// Group messages dropped because the group is not active.
    public var inactiveDrops: UInt64 = 0
    /// Commits that failed.
    public var commitFailures: UInt64 = 0

    /// Starts at zero.
    public init() {}
}
