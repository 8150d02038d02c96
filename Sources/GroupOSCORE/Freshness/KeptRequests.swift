public import CoAP
import OSCORE

/// Requests that a client keeps because a server may challenge them (RFC 10021 §9).
///
/// Bounded in number and time. A group request stays here for the other servers after one of them has challenged it.
public struct KeptRequests<ID: Hashable & Sendable>: Sendable {
    private struct Kept: Sendable {
        let request: Message
        let keptSince: Duration
        var followUps: [SenderID: Int] = [:]
    }
    private var requests: OldestGoes<ID, Kept>
    // GOSC-0271
    /// How long a request is kept.
    public let lifetime: Duration

    /// Keeps nothing yet.
    ///
    /// - Parameters:
    ///   - lifetime: How long a request is kept.
    ///   - maximumCount: The most requests to keep; one more, and the oldest goes.
    public init(lifetime: Duration, maximumCount: Int = 64) {
        self.lifetime = lifetime
        self.requests = OldestGoes(maximumCount: maximumCount)
    }

    /// How many requests are kept.
    public var count: Int { requests.count }

    /// Keeps a request as it was before it was protected.
    public mutating func keep(_ request: Message, as id: ID, now: Duration) {
        requests[id] = Kept(request: request, keptSince: now)
    }

    /// Drops a request that nobody will challenge any more.
    public mutating func remove(_ id: ID) {
        requests[id] = nil
    }

    /// Drops what was kept long enough.
    public mutating func expire(now: Duration) {
        requests.removeAll { _, kept in now - kept.keptSince >= lifetime }
    }

    /// What to send after a verified response; `nil` if it is no challenge, or the request is no longer kept.
    public mutating func followUp(
        to response: VerifiedResponse, of id: ID, under groupID: GroupID, algorithms: GroupAlgorithms, now: Duration
    ) -> EchoFollowUp? {
        expire(now: now)
        guard let kept = requests[id],
            kept.followUps[response.sender, default: 0] < Self.maximumFollowUps,
            let followUp = EchoFollowUp(
                to: response, repeating: kept.request, under: groupID, algorithms: algorithms)
        else { return nil }
        requests.update(id) { $0.followUps[response.sender, default: 0] += 1 }
        return followUp
    }

    /// A server that is satisfied with nothing is not asked for ever; one more try than needed allows for a rekeying.
    private static var maximumFollowUps: Int { 2 }
}
