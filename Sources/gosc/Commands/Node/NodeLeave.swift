import ArgumentParser
import Foundation
import ServiceShell

struct NodeLeave: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "leave", abstract: "Leave the group.",
        discussion: """
            The manager strikes the node off its list, and the node forgets the keys of the group. The others get new ones \
            from the manager.
            """)

    @OptionGroup var state: NodeStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let printer = Printer(output)
        let directory = try state.directory()
        if NodeRemote.isRunning(stateDirectory: directory) {
            let waiting = Self.tellOfWaiting(printer, "as soon as it reaches the manager")
            defer { waiting.cancel() }
            try NodeRemote.leave(stateDirectory: directory)
            printer.notice("left the group; the running node has nothing more to do")
            return
        }
        let node = try RunningNode.start(
            NodeOptions(stateDirectory: directory, keyFile: key.keyFile, credentials: .available), mayCreate: false,
            lamp: nil,
            environment: ProcessInfo.processInfo.environment, events: { _ in }, notice: { printer.notice($0) })
        defer { node.stop() }
        let waiting = Self.tellOfWaiting(printer, "when it next runs and reaches the manager")
        defer { waiting.cancel() }
        try await node.leave()
        printer.notice("left the group")
    }

    /// Who waits longer than usual is told for what.
    private static func tellOfWaiting(_ printer: Printer, _ later: String) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: .seconds(2))
            printer.notice("waiting for the manager, for 90 s at most; interrupted, the node leaves \(later)")
        }
    }
}
