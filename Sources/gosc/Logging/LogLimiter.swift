import Foundation
import Synchronization

/// Keeps what strangers cause out of the log beyond a few lines a second: a flood of forged datagrams must fill neither
/// the disk nor the time of the loop.
final class LogLimiter: Sendable {
    private struct Window {
        var second: Int = 0
        var lines = 0
        var suppressed: UInt64 = 0
    }
    private let windows = Mutex<[String: Window]>([:])
    private let limit: Int

    /// Creates a limiter.
    ///
    /// - Parameter limit: Lines a second for each kind.
    init(limit: Int = 5) {
        self.limit = limit
    }

    /// Whether a line may be written now; how many of its kind were left out since the last one.
    ///
    /// - Parameters:
    ///   - kind: One of few: a reason, never an address.
    ///   - second: The present second of any clock.
    func admits(_ kind: String, at second: Int = Int(Date().timeIntervalSince1970)) -> UInt64? {
        windows.withLock { windows in
            var window = windows[kind] ?? Window()
            defer { windows[kind] = window }
            if window.second != second {
                window.second = second
                window.lines = 0
            }
            guard window.lines < limit else {
                window.suppressed += 1
                return nil
            }
            window.lines += 1
            defer { window.suppressed = 0 }
            return window.suppressed
        }
    }
}
