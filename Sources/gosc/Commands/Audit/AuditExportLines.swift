import Bytes
import Foundation
import GroupManager

/// The first line of an export.
struct AuditHeaderLine: Codable, Hashable {
    /// The version of the form.
    let gosc_audit: Int
    /// The manager's, in hex: signatures are verified with it.
    let manager_credential: String
    let records: UInt64
    let checkpoints: Int
    /// Whether the confidential parts were left out.
    let redacted: Bool

    static let version = 1
}

/// A signature of the manager; the last lines of an export.
struct AuditCheckpointLine: Codable, Hashable {
    /// The number of the record that was signed, with all before it.
    let checkpoint: UInt64
    let hash: String
    let signature: String
    let time: UInt64

    init(_ checkpoint: AuditCheckpoint) {
        self.checkpoint = checkpoint.sequence
        hash = Hex.encode(checkpoint.hash)
        signature = Hex.encode(checkpoint.signature)
        time = checkpoint.time
    }

    /// `nil` for what is no hex.
    var value: AuditCheckpoint? {
        guard let hash = AuditExportLine.bytes(hash), let signature = AuditExportLine.bytes(signature) else {
            return nil
        }
        return AuditCheckpoint(sequence: checkpoint, hash: hash, time: time, signature: signature)
    }
}

/// A line of an export, read strictly.
enum AuditExportLine {
    /// What a line says, if it is exactly the line that an export would have: no other order, blank or field.
    static func parse<Line: Codable>(_ text: Substring.UTF8View, as type: Line.Type = Line.self) -> Line? {
        let line = Array(text)
        guard let value = try? JSONDecoder().decode(Line.self, from: Data(line)),
            Array(JSONText.line(value).utf8) == line
        else { return nil }
        return value
    }

    /// Bytes in hex, in the one way that an export writes them.
    static func bytes(_ text: String) -> [UInt8]? {
        Hex.decode(text).flatMap { Hex.encode($0) == text ? $0 : nil }
    }
}
