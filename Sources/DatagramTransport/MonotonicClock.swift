internal import Glibc

/// The clock that deadlines are measured by.
public enum MonotonicClock: Sendable {
    /// Nanoseconds of `CLOCK_MONOTONIC`, which stands still while the machine sleeps.
    public static var now: Int64 {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
