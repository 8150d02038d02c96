import ArgumentParser
import Foundation
import GroupManager

/// Where to begin: at a record, or at a time.
enum AuditStart: ExpressibleByArgument {
    case record(UInt64)
    /// In seconds since 1970.
    case time(UInt64)

    static let form = "a record number, a time such as 24h ago, or a moment such as 2026-11-22 or 2026-11-22T08:00:00Z"

    init?(argument: String) {
        if let number = UInt64(argument) {
            self = .record(number)
        } else if let span = TimeSpan(argument: argument) {
            let now = UInt64(max(Date().timeIntervalSince1970, 0))
            self = .time(now - min(span.seconds, now))
        } else if let date = try? Date(argument, strategy: .iso8601), date.timeIntervalSince1970 >= 0 {
            self = .time(UInt64(date.timeIntervalSince1970))
        } else if let date = try? Date(argument, strategy: Date.ISO8601FormatStyle().year().month().day()),
            date.timeIntervalSince1970 >= 0
        {
            self = .time(UInt64(date.timeIntervalSince1970))
        } else {
            return nil
        }
    }

    /// The first record that can be meant.
    var firstRecord: UInt64 {
        if case .record(let number) = self { number } else { 0 }
    }

    /// Whether a record is not before it.
    func includes(_ record: AuditRecord) -> Bool {
        switch self {
        case .record(let number): record.sequence >= number
        case .time(let time): record.time >= time
        }
    }
}
