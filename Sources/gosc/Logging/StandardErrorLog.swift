import Foundation
import Logging

/// Log lines on standard error, as text or as one JSON object each.
struct StandardErrorLog: LogHandler {
    private let label: String
    private let format: LogFormat
    var metadata = Logger.Metadata()
    var logLevel = Logger.Level.info

    init(label: String, format: LogFormat) {
        self.label = label
        self.format = format
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.mapValues { "\($0)" }
        StandardStream.error.tryWrite(
            Self.line(
                format, time: Date(), level: event.level, label: label, message: "\(event.message)", fields: fields))
    }

    /// One line with its end.
    static func line(
        _ format: LogFormat, time: Date, level: Logger.Level, label: String, message: String,
        fields: [String: String]
    ) -> String {
        let moment = time.formatted(.iso8601)
        switch format {
        case .json:
            let entry = Entry(time: moment, level: level.rawValue, logger: label, message: message, fields: fields)
            return JSONText.line(entry) + "\n"
        case .text:
            let pairs = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
            return "\(moment) \(level.rawValue) \(label): \((message + pairs).printable)\n"
        }
    }

    private struct Entry: Encodable {
        let time: String
        let level: String
        let logger: String
        let message: String
        let fields: [String: String]
    }
}
