import ArgumentParser
import Bytes
import Foundation
import Glibc
import GroupOSCORE
import MessageWorkbench
import OSCORE
import ServiceShell

struct NodeInit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Make an unmanaged node: a member with a fixed context, for laboratories.",
        discussion: """
            Such as: gosc node init --context group.json --as 25 --state lamp

            The context is the one of 'gosc message': a group with its members, or plain OSCORE. Its keys never change, and
            nobody can be evicted. Use each member of a context in one state directory at a time: two would use numbers twice.
            """)

    @Option(help: ArgumentHelp("The file with the context object; - is standard input.", valueName: "file"))
    var context: String

    @Option(
        name: .customLong("as"),
        help: ArgumentHelp("Which member this node is: \(SenderIDArgument.form).", valueName: "id"))
    var member: SenderIDArgument

    @Flag(
        help: """
            The keys were never used by this member: its numbers begin at 0, and it believes first requests. Otherwise they \
            begin by the clock, and who is heard first has to answer a challenge.
            """)
    var newKeys = false

    @OptionGroup var state: NodeStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        let printer = Printer(output)
        // Before anything is made: a wrong context leaves nothing behind.
        let context = try readContext()
        let options = NodeOptions(stateDirectory: try state.directory(), keyFile: key.keyFile)
        guard let firstNumber = newKeys ? 0 : FirstNumber.now() else {
            throw CommandFailure(
                .configuration, "the clock of this host is not set, so no number is known to be unused",
                hint: "set it; or say --new-keys if this member's keys were never used")
        }
        var stored = context.stored
        try UnmanagedState.create(
            options, senderID: context.senderID.bytes, context: SecretField(wiping: &stored), firstNumber: firstNumber,
            environment: ProcessInfo.processInfo.environment, notice: { printer.notice($0) })
        try printer.show(UnmanagedReport(context))
        printer.notice(
            "unmanaged: its keys are fixed; start the node with 'gosc node run --state \(options.stateDirectory)', or "
                + "make requests with 'gosc get … --state \(options.stateDirectory)'")
    }

    private func readContext() throws(CommandFailure) -> FixedContext {
        let name = context == "-" ? "standard input" : "context file \(context)"
        var bytes =
            context == "-"
            ? try TextFile.bytes(STDIN_FILENO, name: name) : try TextFile.bytes(context, what: "context file")
        defer { bytes.wipe() }
        do throws(WorkbenchFailure) {
            return try FixedContext(bytes, as: member.senderID, credentials: .available)
        } catch {
            throw CommandFailure(
                .badInput, "\(name): \(error.detail)", hint: "its form is that of 'gosc message', see docs/message.md")
        }
    }
}

/// What a node without a manager is.
private struct UnmanagedReport: Described {
    let unmanaged = true
    let context: String
    let groupID: String?
    let senderID: String
    let members: [String]
    /// `group`, `pairwise`; none for a pair.
    let modes: [String]

    init(_ context: FixedContext) {
        senderID = context.senderID.description
        switch context {
        case .group(let group):
            self.context = "group"
            groupID = group.groupID.description
            members = group.members.map(\.senderID.description)
            modes =
                (group.algorithms.hasGroupMode ? ["group"] : [])
                + (group.algorithms.hasPairwiseMode ? ["pairwise"] : [])
        case .pair(let pair):
            self.context = "oscore"
            groupID = nil
            members = [pair.recipientID.description]
            modes = []
        }
    }

    var lines: [(name: String, value: String)] {
        UnmanagedText.identity(context: context, groupID: groupID, senderID: senderID, members: members)
            + (groupID == nil ? [] : [("modes", modes.joined(separator: ", "))])
    }
}
