import CoAPEngine

/// How often something was said to a member, and when it may be said again.
///
/// An attempt is one confirmable request with its retransmissions. The pause before the next one grows by the length of an
/// attempt each time: with 8 s they begin after 0, 8, 24 and 48 s.
struct DeliveryAttempts {
    /// How many have been begun.
    private(set) var count = 0
    private var latest = MonotonicInstant(nanoseconds: 0)
    /// Whether the latest one has not even left for want of a number.
    private var wasStarving = false

    mutating func begin(at now: MonotonicInstant) {
        count += 1
        latest = now
    }

    /// The message has not left: its number is not durable yet.
    ///
    /// - Returns: Whether it may go with the next commit; not twice in a row, because then something else is wrong.
    mutating func starve() -> Bool {
        defer { wasStarving.toggle() }
        guard !wasStarving else { return false }
        count -= 1
        return true
    }

    /// The message has left.
    mutating func hasLeft() { wasStarving = false }

    /// When the next one may begin.
    func next(timeout: Duration) -> MonotonicInstant { latest.advanced(by: timeout * count) }
}
