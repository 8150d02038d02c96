/// How a command of `gosc` ends.
public enum ExitCode: Int32, Hashable, Sendable {
    /// Done.
    case done = 0
    /// Refused or failed; unknown group or member.
    case refused = 1
    /// Done in part: some members are missing.
    case partial = 2
    /// A comparison found differences.
    case differences = 3
    /// The command line is wrong.
    case usage = 64
    /// The input is wrong.
    case badInput = 65
    /// Nobody answers.
    case unreachable = 69
    /// A fault in this program.
    case internalFault = 70
    /// Disk or device.
    case storage = 74
    /// Try again; the state is in use.
    case tryAgain = 75
    /// Not authorised.
    case notAuthorised = 77
    /// The configuration is wrong: state, keys, addresses.
    case configuration = 78
}

/// Why a service cannot do what it was asked: one line that names the object, and one with the next step.
public struct ServiceError: Error, Hashable, Sendable {
    /// How the command ends.
    public var exitCode: ExitCode
    /// What is wrong with which object. Never a secret.
    public var message: String
    /// What to do next, if there is more to do than the message says.
    public var hint: String?

    /// Creates an error.
    public init(_ exitCode: ExitCode, _ message: String, hint: String? = nil) {
        self.exitCode = exitCode
        self.message = message
        self.hint = hint
    }
}

extension ServiceError: CustomStringConvertible {
    /// Message and hint in one line.
    public var description: String {
        hint.map { "\(message); \($0)" } ?? message
    }
}
