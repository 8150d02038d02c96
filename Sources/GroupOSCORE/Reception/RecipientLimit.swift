public import OSCORE

/// A bound on the Recipient Contexts of one Security Context (RFC 10021 §2.2, §2.6.3).
///
/// When one more is needed, the member goes whose message was verified longest ago; never one with an open exchange.
/// Its deletion makes the windows of later contexts invalid (§2.6.1.2), so the bound should be above the number of
/// members that talk.
public struct RecipientLimit: Sendable {
    /// What making room comes to.
    public enum Verdict: Hashable, Sendable {
        /// There is room.
        case fits
        /// There is room once this one is removed; its removal is worth a line in the log (GOSC-0095).
        case evict(SenderID)
        /// Every member has an open exchange: the new one is not admitted.
        case full
    }

    /// The most Recipient Contexts, 1 or more.
    public let maximumCount: Int
    private var lastVerified: [SenderID: UInt64] = [:]
    private var clock: UInt64 = 0

    /// Starts with no Recipient Context.
    public init(maximumCount: Int) {
        self.maximumCount = max(maximumCount, 1)
    }

    /// How many Recipient Contexts there are.
    public var count: Int { lastVerified.count }

    // GOSC-0045
    /// Makes room for a member and counts it; one to evict is not counted any more.
    ///
    /// - Parameter hasOpenExchange: Whether a member must not be evicted now.
    public mutating func admit(_ senderID: SenderID, hasOpenExchange: (SenderID) -> Bool) -> Verdict {
        guard lastVerified[senderID] == nil, lastVerified.count >= maximumCount else {
            verified(senderID)
            return .fits
        }
        let candidates = lastVerified.filter { !hasOpenExchange($0.key) }
        guard let oldest = candidates.min(by: { $0.value < $1.value })?.key else { return .full }
        lastVerified[oldest] = nil
        verified(senderID)
        return .evict(oldest)
    }

    /// Notes that a message of a member was verified.
    public mutating func verified(_ senderID: SenderID) {
        clock += 1
        lastVerified[senderID] = clock
    }

    /// Notes that a Recipient Context was removed for another reason.
    public mutating func removed(_ senderID: SenderID) {
        lastVerified[senderID] = nil
    }
}
