import ArgumentParser
import Foundation
import ServiceShell

/// Where a role keeps its state, and the key that it is sealed under.
struct NodeStateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The node's state directory (default: $XDG_STATE_HOME/gosc/node).", valueName: "directory"))
    var state: String?

    func directory() throws(CommandFailure) -> String {
        try StatePath.directory(state, role: "node")
    }
}

/// The same for the manager.
struct ManagerStateOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The manager's state directory (default: $XDG_STATE_HOME/gosc/manager).", valueName: "directory"))
    var state: String?

    func directory() throws(CommandFailure) -> String {
        try StatePath.directory(state, role: "manager")
    }

    /// A command for the same state.
    func command(_ words: String) -> String {
        state.map { "\(words) --state \($0)" } ?? words
    }
}

/// The sealing key, for commands that open the state themselves.
struct KeyFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The file with the 32-byte key that seals the state (default: $XDG_CONFIG_HOME/gosc/ROLE.key).",
            valueName: "file"))
    var keyFile: String?
}

enum StatePath {
    static func directory(_ given: String?, role: String) throws(CommandFailure) -> String {
        if let given {
            guard !given.isEmpty else {
                throw CommandFailure(.usage, "--state needs the path of a directory")
            }
            return given
        }
        let environment = ProcessInfo.processInfo.environment
        guard let path = DefaultPaths.stateDirectory(role: role, environment: environment) else {
            throw CommandFailure(
                .configuration, "no place for the state of the \(role): HOME is not set",
                hint: "name a directory with --state")
        }
        return path
    }
}
