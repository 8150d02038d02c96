import Foundation

/// A moment of the wall clock in UTC, such as `2026-11-21T11:10:00Z`.
enum Moment {
    static func text(_ secondsSince1970: UInt64) -> String {
        text(Double(secondsSince1970))
    }

    static func text(_ secondsSince1970: Double) -> String {
        Date(timeIntervalSince1970: secondsSince1970).formatted(.iso8601)
    }
}
