/// A moment of the wall clock, as expiry times on the wire count it.
public struct UnixTime: Hashable, Comparable, Sendable {
    /// Seconds since 1970-01-01T00:00:00Z, leap seconds not counted.
    public let seconds: UInt64

    /// Creates a moment from seconds since 1970.
    public init(seconds: UInt64) {
        self.seconds = seconds
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.seconds < right.seconds
    }
}
