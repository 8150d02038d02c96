import Foundation

/// The sequence number with which a new unmanaged node begins.
///
/// Nothing says whether the same member of the same context has lived in another state directory before, which is gone now.
/// Its numbers must not be used again under the same keys. So a new node begins where the clock is: it goes up by 1024 a
/// second, faster than a node in a laboratory sends. 2^40 numbers last until 2060.
enum FirstNumber {
    /// - Returns: `nil` if the clock stands where no number fits: it has not been set.
    static func now(_ date: Date = Date()) -> UInt64? {
        let seconds = date.timeIntervalSince(start)
        guard seconds > 0, seconds < 34 * 365 * 86_400 else { return nil }
        return UInt64(seconds * 1024)
    }

    /// 2026-01-01T00:00:00Z.
    private static let start = Date(timeIntervalSince1970: 1_767_225_600)
}
