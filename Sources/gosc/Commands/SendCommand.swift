import ArgumentParser
import CoAP
import Foundation
import ServiceShell

struct SendCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "send", abstract: "Set a resource on every member of a group.",
        discussion: """
            Such as: gosc send demo-lights light on

            Ends with 0 if every member answered that it has done so, 2 if some did not, 1 if none did.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The path of the resource, such as light or room/light; no empty segment, no . or .. in it.")
    var resource: ResourceArgument

    @Argument(help: "The new value, a text.")
    var value: String

    @Option(
        help: ArgumentHelp(
            "How long answers are collected, \(TimeSpan.form) (default: what the group needs).", valueName: "time"))
    var timeout: TimeSpan?

    @OptionGroup var network: NodeNetworkOptions
    @OptionGroup var state: NodeStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let directory = try state.directory()
        let printer = Printer(output)
        let request = SendRequest(
            group: group.name, path: resource.path, payload: Array(value.utf8), contentFormat: .textPlain,
            deadline: timeout?.duration)
        var report = SendReport(group: group.name, printer: printer)
        if NodeRemote.isRunning(stateDirectory: directory) {
            guard network.given.isEmpty else {
                throw CommandFailure(
                    .usage,
                    "\(network.given.joined(separator: ", ")): the node in \(directory) runs, and sends as it was started",
                    hint: "leave it out, or give it to 'gosc node run'")
            }
            let waiting = Self.tellOfWaiting(printer)
            defer { waiting.cancel() }
            let before = try NodeRemote.status(stateDirectory: directory)
            for await update in try NodeRemote.send(request, stateDirectory: directory) { try report.take(update) }
            report.note(try NodeRemote.status(stateDirectory: directory), before: before)
        } else {
            var options = NodeOptions(stateDirectory: directory, keyFile: key.keyFile, credentials: .available)
            network.apply(to: &options)
            let node = try RunningNode.start(
                options, mayCreate: false, lamp: nil, environment: ProcessInfo.processInfo.environment,
                events: { _ in }, notice: { printer.notice($0) })
            defer { node.stop() }
            let waiting = Self.tellOfWaiting(printer)
            defer { waiting.cancel() }
            for await update in node.send(request) { try report.take(update) }
            report.note(await node.status(), before: nil)
        }
        let exitCode = try report.finish()
        guard exitCode == .done else { throw QuietExit(exitCode: exitCode) }
    }

    /// Who waits longer than usual is told for what.
    private static func tellOfWaiting(_ printer: Printer) -> Task<Void, any Error> {
        Task {
            try await Task.sleep(for: .seconds(5))
            printer.progress(
                "collecting answers; in a group with many members or a low link_rate they are spread over minutes")
        }
    }
}
