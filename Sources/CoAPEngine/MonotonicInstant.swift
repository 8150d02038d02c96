/// A moment on a clock that never goes back. The engine is told the moment; it never asks.
public struct MonotonicInstant: Hashable, Comparable, Sendable {
    /// Nanoseconds since an arbitrary but fixed moment.
    public let nanoseconds: Int64

    /// Takes nanoseconds since the clock's own zero.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The moment `duration` later, or the last moment there is.
    public func advanced(by duration: Duration) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.saturatedNanoseconds)
        guard overflow else { return Self(nanoseconds: sum) }
        return Self(nanoseconds: duration > .zero ? .max : .min)
    }

    /// The moment some nanoseconds later, or the last moment there is.
    internal func advanced(byNanoseconds count: Int64) -> Self {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(count)
        guard overflow else { return Self(nanoseconds: sum) }
        return count > 0 ? .latest : .earliest
    }

    /// How long it takes from this moment to another, negative if the other is earlier.
    public func duration(to other: Self) -> Duration {
        .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
    }

    internal static var earliest: Self { Self(nanoseconds: .min) }
    internal static var latest: Self { Self(nanoseconds: .max) }

    public static func < (left: Self, right: Self) -> Bool { left.nanoseconds < right.nanoseconds }
}

extension Duration {
    /// Whole nanoseconds, held within what 64 bits can say (292 years).
    internal var saturatedNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds > 0 ? .max : .min }
        let (sum, sumOverflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000)
        return sumOverflow ? (seconds > 0 ? .max : .min) : sum
    }
}
