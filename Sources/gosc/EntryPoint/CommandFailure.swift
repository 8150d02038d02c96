import ServiceShell

/// Why a command did not do what it was asked: an exit code, what happened, and what to do next.
struct CommandFailure: Error, Hashable {
    let exitCode: ServiceShell.ExitCode
    /// One line that names the object; never a secret.
    let message: String
    /// The next step, if there is one to name.
    let hint: String?
    /// What went wrong, in a word that scripts can rely on, where the command has such words.
    let error: String?

    init(_ exitCode: ServiceShell.ExitCode, _ message: String, hint: String? = nil, error: String? = nil) {
        self.exitCode = exitCode
        self.message = message
        self.hint = hint
        self.error = error
    }

    init(_ error: ServiceError) {
        self.init(error.exitCode, error.message, hint: error.hint)
    }

    /// What happened and what to do, in one line.
    var line: String {
        let text = hint.map { "\(message); \($0)" } ?? message
        return text.split(whereSeparator: \.isNewline).map { $0.trimmingSpaces }.joined(separator: " ").printable
    }
}

/// A command has said all there is to say, and ends with this code.
struct QuietExit: Error {
    let exitCode: ServiceShell.ExitCode
}

extension ServiceShell.ExitCode {
    /// What kind of problem this is, for problem details.
    var title: String {
        switch self {
        case .done: "done"
        case .refused: "refused or failed"
        case .partial: "done in part"
        case .differences: "differences found"
        case .usage: "wrong command line"
        case .badInput: "bad input"
        case .unreachable: "unreachable"
        case .internalFault: "internal fault"
        case .storage: "disk or device failed"
        case .tryAgain: "try again"
        case .notAuthorised: "not authorised"
        case .configuration: "wrong configuration"
        }
    }
}

extension Substring {
    var trimmingSpaces: String {
        var text = self
        while text.first?.isWhitespace == true { text = text.dropFirst() }
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
