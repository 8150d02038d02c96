import CoAPEngine

/// How often something was said to a member, and when it may be said again.
///
/// An attempt is one confirmable request with its retransmissions. The pause before the next one grows by the length of an
/// attempt each time: with 8 s they begin after 0, 8, 24 and 48 s. Where the member may be in several places, each but the
/// last is tried for a moment only at first: with two after 0, 2, 10, 26 and 50 s.
struct DeliveryAttempts {
    /// How many have been begun.
    private(set) var count = 0
    /// How many of them were short.
    private var shortCount = 0
    private var latest = MonotonicInstant(nanoseconds: 0)

    /// How long the next one takes at most.
    ///
    /// - Parameter places: In how many places the member may be.
    func length(places: Int, timeout: Duration) -> Duration {
        count + 1 < places ? min(Self.short, timeout) : timeout
    }

    mutating func begin(at now: MonotonicInstant, places: Int = 1) {
        count += 1
        if count < places { shortCount = count }
        latest = now
    }

    /// The message has not left, because its number was not durable yet: that was no attempt.
    mutating func takeBack() {
        count -= 1
        shortCount = min(shortCount, count)
    }

    /// When the next one may begin.
    func next(timeout: Duration) -> MonotonicInstant {
        latest.advanced(by: count == shortCount ? min(Self.short, timeout) : timeout * (count - shortCount))
    }

    /// ACK_TIMEOUT: whoever is there has answered by then, unless something was lost.
    private static let short = Duration.seconds(2)
}
