import ArgumentParser

/// A length of time as people write it: a number and a unit, such as `500ms`, `5s`, `15m`, `24h` or `7d`. A number alone
/// counts seconds, as for `sleep` and `timeout`.
struct TimeSpan: Hashable, ExpressibleByArgument {
    let milliseconds: UInt64

    var duration: Duration { .milliseconds(milliseconds) }
    /// Rounded up, so that something is never over too soon.
    var seconds: UInt64 { milliseconds / 1000 + (milliseconds % 1000 == 0 ? 0 : 1) }

    init?(argument: String) {
        let digits = argument.prefix { $0.isASCII && $0.isNumber }
        let unit = argument.dropFirst(digits.count)
        guard let number = UInt64(digits), let factor = Self.units[String(unit)] else { return nil }
        let (product, isTooLong) = number.multipliedReportingOverflow(by: factor)
        // Longer ones do not fit a `Duration` in nanoseconds everywhere.
        guard !isTooLong, product <= Self.longest else { return nil }
        milliseconds = product
    }

    private init(milliseconds: UInt64) {
        self.milliseconds = milliseconds
    }

    /// A duration from elsewhere, in whole milliseconds; below zero counts as zero.
    init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        milliseconds = UInt64(max(seconds, 0)) * 1000 + UInt64(max(attoseconds, 0) / 1_000_000_000_000_000)
    }

    static func seconds(_ count: UInt64) -> Self { Self(milliseconds: count * 1000) }
    static func hours(_ count: UInt64) -> Self { .seconds(count * 3600) }

    var defaultValueDescription: String { description }

    /// For the help of an option.
    static let form = "such as 500ms, 5s, 2m or 24h; a number alone counts seconds"

    private static let units: [String: UInt64] = [
        "ms": 1, "": 1000, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000,
    ]
    private static let longest: UInt64 = 100 * 366 * 86_400_000
}

extension TimeSpan: CustomStringConvertible {
    /// In the largest unit that divides it.
    var description: String {
        let unit = Self.units.filter { !$0.key.isEmpty && milliseconds % $0.value == 0 }.max { $0.value < $1.value }
        guard milliseconds > 0, let unit else { return "0s" }
        return "\(milliseconds / unit.value)\(unit.key)"
    }
}

extension Duration {
    /// For people: `8.40 ms`, `1.20 s`.
    var shown: String {
        let seconds = Double(components.seconds) + Double(components.attoseconds) / 1e18
        return seconds < 1 ? Self.twoPlaces(seconds * 1000) + " ms" : Self.twoPlaces(seconds) + " s"
    }

    private static func twoPlaces(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
