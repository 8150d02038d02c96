import ACEGroupcomm
import ArgumentParser
import Foundation
import MemberNode
import ServiceShell

struct NodeJoin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Join a group with an invitation.",
        discussion: "The invitation is read from a file, from standard input or from a prompt, never from an argument.")

    @Argument(help: ArgumentHelp("Read the invitation from standard input.", valueName: "-"))
    var source: String?

    @Option(help: ArgumentHelp("The file with the invitation.", valueName: "file"))
    var invitationFile: String?

    @OptionGroup var state: NodeStateOptions
    @OptionGroup var key: KeyFileOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        // What stands there may be a mistyped invitation, so it is not repeated.
        guard source == nil || source == "-" else {
            throw ValidationError(
                "An invitation is a secret and must not stand on the command line. "
                    + "Use --invitation-file FILE, or '-' for standard input.")
        }
        guard source == nil || invitationFile == nil else {
            throw ValidationError("Give either '-' or --invitation-file.")
        }
    }

    func run() async throws {
        let printer = Printer(output)
        let invitation = try InvitationInput.read(file: invitationFile, fromStandardInput: source == "-")
        let options = NodeOptions(stateDirectory: try state.directory(), keyFile: key.keyFile, credentials: .available)
        let node = try RunningNode.start(
            options, mayCreate: true, lamp: nil, environment: ProcessInfo.processInfo.environment,
            events: { _ in }, notice: { printer.notice($0) })
        // Who waits longer than usual is told for what.
        let waiting = Task {
            try await Task.sleep(for: .seconds(2))
            printer.notice("waiting for the manager at \(invitation.managerAddress), for 90 s at most")
        }
        let result = await node.join(invitation)
        waiting.cancel()
        node.stop()
        switch result {
        case .success(let membership):
            try printer.show(JoinReport(membership))
            printer.notice("start the node with 'gosc node run --state \(options.stateDirectory)'")
        case .failure(let failure):
            throw ServiceError(
                failure, node: invitation.nodeName, group: invitation.groupName, manager: invitation.managerAddress)
        }
    }
}

private struct JoinReport: Described {
    let name: String
    let group: String
    let senderID: String?
    let groupID: String
    /// How many members it knows that matter to its role: responders to a requester, and the other way round.
    let knownMembers: Int

    init(_ membership: MembershipSummary) {
        name = membership.memberName
        group = membership.groupName
        // A monitor has none.
        senderID = membership.senderID.isEmpty ? nil : membership.senderID
        groupID = membership.groupID
        knownMembers = membership.peers
    }

    var lines: [(name: String, value: String)] {
        [
            ("name", name), ("group", group), ("Sender ID", senderID ?? "–"), ("group ID", groupID),
            ("known members", String(knownMembers)),
        ]
    }
}
