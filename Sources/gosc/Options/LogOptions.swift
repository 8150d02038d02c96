import ArgumentParser
import Logging

/// The form of log lines.
enum LogFormat: String, ExpressibleByArgument, CaseIterable {
    case text
    case json
}

/// The options of commands that keep running.
struct LogOptions: ParsableArguments {
    @Option(help: "The form of log lines on standard error: text or json.")
    var logFormat = LogFormat.text

    @Option(help: "The least important level that is logged: trace, debug, info, notice, warning or error.")
    var logLevel = Logger.Level.info

    /// The logger of this process.
    func logger(label: String) -> Logger {
        let (format, level) = (logFormat, logLevel)
        var logger = Logger(label: label) { StandardErrorLog(label: $0, format: format) }
        logger.logLevel = level
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
