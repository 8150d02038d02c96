internal import Glibc

/// The clock that engines are driven by: nanoseconds that never go back and stand still for nobody's setting.
public enum MonotonicTime: Sendable {
    /// Now, in nanoseconds since some moment before this process.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
