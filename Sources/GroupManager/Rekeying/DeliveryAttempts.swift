import CoAPEngine

/// How often something was said to a member, and when it may be said again.
///
/// An attempt is one confirmable request with its retransmissions. The pause before the next one grows by the length of an
/// attempt each time: with 8 s they begin after 0, 8, 24 and 48 s.
struct DeliveryAttempts {
    /// How many have been begun.
    private(set) var count = 0
    private var latest = MonotonicInstant(nanoseconds: 0)

    mutating func begin(at now: MonotonicInstant) {
        count += 1
        latest = now
    }

    /// The message has not left, because its number was not durable yet: that was no attempt.
    mutating func takeBack() { count -= 1 }

    /// When the next one may begin.
    func next(timeout: Duration) -> MonotonicInstant { latest.advanced(by: timeout * count) }
}
