import ArgumentParser
import Persistence
import ServiceShell

/// From the words of the command line to an exit code.
enum EntryPoint {
    /// Runs a command and reports its failure, if any.
    ///
    /// - Parameter arguments: Without the name of the program.
    /// - Returns: The exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        ProcessHardening.apply()
        do {
            try TestGuardSwitches.apply()
            try refuseSecrets(in: arguments)
            var command = try Gosc.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return ServiceShell.ExitCode.done.rawValue
        } catch let exit as QuietExit {
            return exit.exitCode.rawValue
        } catch let exit as SignalExit {
            return exit.end()
        } catch let failure as CommandFailure {
            return report(failure, arguments)
        } catch let error as ServiceError {
            return report(CommandFailure(error), arguments)
        } catch let error as StoreError {
            return report(CommandFailure(ServiceError(error)), arguments)
        } catch {
            return end(with: error, arguments)
        }
    }

    /// Process lists and shell histories show arguments to others.
    private static func refuseSecrets(in arguments: [String]) throws(CommandFailure) {
        guard holdsSecret(arguments) else { return }
        throw CommandFailure(
            .usage, "an invitation is a secret and must not stand on the command line",
            hint: "put it into a file and use --invitation-file FILE, or give it on standard input")
    }

    /// Whether an argument is an invitation, or has one in it.
    static func holdsSecret(_ arguments: [String]) -> Bool {
        arguments.contains { $0.lowercased().contains("gosc1:") }
    }

    /// Help, the version, and what the parser refuses.
    private static func end(with error: any Error, _ arguments: [String]) -> Int32 {
        switch Gosc.exitCode(for: error) {
        case .success:
            try? StandardStream.output.write(Gosc.fullMessage(for: error) + "\n")
            return ServiceShell.ExitCode.done.rawValue
        case .validationFailure:
            var message = Gosc.message(for: error)
            // The parser lists the values of its own accord where there are few.
            if !message.contains("Please provide one of") { message += explanation(of: error) }
            if message.last == "." { message.removeLast() }
            return report(CommandFailure(.usage, message, hint: helpHint(for: error)), arguments)
        default:
            return report(CommandFailure(.internalFault, "\(error)"), arguments)
        }
    }

    /// What an option takes, for a value that it does not take: its line of help, which names unit and range.
    private static func explanation(of error: any Error) -> String {
        let line = Gosc.fullMessage(for: error).split(separator: "\n").first { $0.hasPrefix("Help:") }
        // Behind the name of the option and two blanks.
        guard let line, let blanks = line.dropFirst("Help:  ".count).firstRange(of: "  ") else { return "" }
        return ": " + line[blanks.upperBound...]
    }

    /// The parser closes its message with a line "See 'gosc … --help' for more information."
    private static func helpHint(for error: any Error) -> String {
        let parts = Gosc.fullMessage(for: error).split(separator: "'")
        let command = parts.last { $0.hasPrefix("gosc ") && $0.hasSuffix("--help") }
        return "see \(command ?? "gosc --help")"
    }

    private static func report(_ failure: CommandFailure, _ arguments: [String]) -> Int32 {
        switch OutputFormat.requested(in: arguments) {
        case .table:
            StandardStream.error.tryWrite("gosc: \(failure.line)\n")
        case .json, .jsonl:
            let problem = ProblemReport(
                title: failure.exitCode.title, detail: failure.line, exitCode: failure.exitCode.rawValue,
                error: failure.error)
            StandardStream.error.tryWrite(JSONText.line(problem) + "\n")
        }
        return failure.exitCode.rawValue
    }
}

/// Problem details as standard error shows them with `--output json`.
struct ProblemReport: Encodable {
    let title: String
    let detail: String
    let exitCode: Int32
    /// Left out where the command has no such words.
    var error: String?
}
