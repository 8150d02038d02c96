internal import CoAPEngine

/// How many Echo challenges one peer may get: four a second, 16 at once.
///
/// Each costs a number, and whoever has recorded old requests can ask for as many as it likes.
struct ChallengeRate {
    /// When those that were sent are paid for, at ``interval`` each.
    private var paidAt = MonotonicInstant(nanoseconds: .min)

    /// Whether a further one may be sent; counts it.
    mutating func admit(at now: MonotonicInstant) -> Bool {
        let paid = max(paidAt, now)
        guard now.duration(to: paid) < Self.interval * Self.burst else { return false }
        paidAt = paid.advanced(by: Self.interval)
        return true
    }

    private static let interval = Duration.milliseconds(250)
    private static let burst = 16
}
