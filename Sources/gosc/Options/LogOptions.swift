import ArgumentParser
import Logging

/// The form of log lines.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// How important a line must be to be logged.
enum LogLevel: String, ExpressibleByArgument, CaseIterable {
    case trace
    case debug
    case info
    case notice
    case warning
    case error
}

/// The options of commands that keep running: they print no data, they log.
struct LogOptions: ParsableArguments {
    @Option(help: "The form of log lines on standard error: text, or json (default with --output json or jsonl).")
    var logFormat: LogFormat?

    @Option(help: "The least important level that is logged: trace, debug, info, notice, warning or error.")
    var logLevel: LogLevel?

    @OptionGroup var output: OutputOptions

    /// The logger of this process.
    func logger(label: String) -> Logger {
        let format = logFormat ?? (output.output == .table ? .text : .json)
        let level = logLevel ?? (output.quiet ? .warning : .info)
        var logger = Logger(label: label) { StandardErrorLog(label: $0, format: format) }
        logger.logLevel = Logger.Level(rawValue: level.rawValue) ?? .info
        return logger
    }
}
