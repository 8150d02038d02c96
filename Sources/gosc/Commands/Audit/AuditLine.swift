import Bytes
import Foundation
import GroupManager

/// One record as `gosc audit` prints it in JSON and exports it: all that it takes to compute its hash.
struct AuditLine: Codable, Hashable {
    let sequence: UInt64
    /// In seconds since 1970.
    let time: UInt64
    let kind: String
    let group: String?
    let subject: String?
    let details: [String: Value]
    /// `nil` if there is none, or it was redacted.
    let confidential: [String: Value]?
    /// In hex, as all bytes here; goes with ``confidential``.
    let salt: String?
    let confidentialHash: String?
    let previous: String
    let hash: String

    init(_ record: AuditRecord, hash: [UInt8]) {
        sequence = record.sequence
        time = record.time
        kind = record.entry.kind.rawValue
        group = record.entry.group
        subject = record.entry.subject
        details = record.entry.details.mapValues(Value.init)
        confidential = record.salt == nil ? nil : record.entry.confidential.mapValues(Value.init)
        salt = record.salt.map { Hex.encode($0) }
        confidentialHash = record.confidentialHash.map { Hex.encode($0) }
        previous = Hex.encode(record.previous)
        self.hash = Hex.encode(hash)
    }

    /// The record that this describes; `nil` if there can be no such record.
    var record: AuditRecord? {
        guard let previous = AuditExportLine.bytes(previous) else { return nil }
        let salt = salt.flatMap(AuditExportLine.bytes)
        let entry = AuditEntry(
            AuditKind(rawValue: kind), group: group, subject: subject, details: details.mapValues(\.value),
            confidential: (confidential ?? [:]).mapValues(\.value))
        return AuditRecord(
            sequence: sequence, previous: previous, time: time, stating: entry, salt: salt,
            confidentialHash: confidentialHash.flatMap(AuditExportLine.bytes))
    }

    /// A text or a number.
    enum Value: Codable, Hashable {
        case text(String)
        case number(UInt64)

        init(_ value: AuditValue) {
            self =
                switch value {
                case .text(let text): .text(text)
                case .number(let number): .number(number)
                }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let number = try? container.decode(UInt64.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }

        var value: AuditValue {
            switch self {
            case .text(let text): .text(text)
            case .number(let number): .number(number)
            }
        }

        var shown: String {
            switch self {
            case .text(let text): text
            case .number(let number): String(number)
            }
        }
    }

    private enum CodingKeys: String, CodingKey {
        case sequence, time, kind, group, subject, details, confidential, salt
        case confidentialHash = "confidential_hash"
        case previous, hash
    }
}

extension AuditLine: ListRow {
    static var columns: [TextTable.Column] {
        [
            TextTable.Column("RECORD", .right, width: 6), TextTable.Column("TIME", width: 20),
            TextTable.Column("WHAT", width: 18), TextTable.Column("GROUP", width: 12),
            TextTable.Column("SUBJECT", width: 12), TextTable.Column("DETAILS"),
        ]
    }

    /// Details that are times look as other times do.
    private static func shown(_ value: Value, of key: String) -> String {
        if case .number(let seconds) = value, ["keys_expire", "expiry"].contains(key) { return Moment.text(seconds) }
        return value.shown
    }

    var cells: [String] {
        let shown = details.merging(confidential ?? [:]) { $1 }.sorted { $0.key < $1.key }
            .map { "\($0.key)=\(Self.shown($0.value, of: $0.key))" }
        return [
            String(sequence), Moment.text(time), kind, group ?? "–", subject ?? "–", shown.joined(separator: " "),
        ]
    }
}
