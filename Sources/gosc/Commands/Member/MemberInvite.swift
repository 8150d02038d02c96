import ACEGroupcomm
import ArgumentParser
import Bytes
import CoAP
import ServiceShell

struct MemberInvite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Invite a node to a group.",
        discussion: """
            The invitation is a secret: whoever has it can join once. On a terminal its QR code is printed below it, where \
            the program was built with libqrencode.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The name that the node gets: \(NameArgument.form).")
    var name: NameArgument

    @Option(help: "What the node may do: requester, responder, both with a comma; or monitor, which only listens.")
    var role: RolesArgument

    @Option(help: ArgumentHelp("How long the invitation is good, \(TimeSpan.form).", valueName: "time"))
    var lifetime = TimeSpan.hours(24)

    @Option(
        help: ArgumentHelp(
            "Where the node reaches the manager (default: what 'gosc manager run' advertises).",
            valueName: "[address]:port"))
    var managerAddress: EndpointArgument?

    @Option(help: ArgumentHelp("Write the invitation to this new file, mode 0600.", valueName: "file"))
    var out: String?

    @Flag(help: "Print the QR code of the invitation also with --out, and where the output is no terminal.")
    var qr = false

    @OptionGroup var administration: AdministrationOptions

    func validate() throws {
        guard (1...CreateInvitationRequest.maximumLifetime).contains(lifetime.seconds) else {
            throw ValidationError("The lifetime must be between 1s and 366d.")
        }
        guard !qr || administration.output.output == .table else {
            throw ValidationError("--qr goes with --output table only.")
        }
    }

    func run() async throws {
        let client = try administration.client()
        let printer = administration.printer
        let endpoint = try await endpoint(client)
        // Before the manager makes an invitation that could not be kept.
        let file = try out.map { path throws(CommandFailure) in try SecretFile(creating: path) }
        let answer: CreateInvitationAnswer
        do {
            answer = try await client.invite(
                CreateInvitationRequest(
                    nodeName: name.name, roles: role.roles, lifetime: lifetime.seconds, managerAddress: endpoint.text),
                to: group.name)
        } catch {
            file?.remove()
            throw error
        }
        try file?.write(answer.invitation + "\n")
        try show(answer, printer: printer)
        if managerAddress == nil, endpoint.endpoint.address == .loopback {
            printer.notice(
                "the invitation names the manager as \(endpoint.text), which nodes on other hosts cannot reach; "
                    + "for them give --manager-address")
        }
    }

    private func show(_ answer: CreateInvitationAnswer, printer: Printer) throws {
        if printer.format == .table {
            if let out {
                if qr { try InvitationCode.show(answer.invitation, printer: printer) }
                printer.notice(
                    "wrote the invitation of \(name.name) to \(out), good until \(Moment.text(answer.expiry))")
            } else {
                try StandardStream.output.write(answer.invitation + "\n")
                if qr || InvitationCode.isExpected(by: printer) {
                    try InvitationCode.show(answer.invitation, printer: printer)
                }
                printer.notice("good until \(Moment.text(answer.expiry)); hand it over in secret")
            }
        } else {
            try printer.show(
                InvitationReport(
                    group: group.name, name: name.name, roles: role.roles.description,
                    invitation: out == nil ? answer.invitation : nil, file: out,
                    expires: Moment.text(answer.expiry)))
        }
    }

    private func endpoint(_ client: AdminClient) async throws -> EndpointArgument {
        if let managerAddress { return managerAddress }
        let uri = try await client.configuration(of: group.name).joiningURI
        guard let endpoint = uri.flatMap(EndpointArgument.init) else {
            throw CommandFailure(
                .configuration, "the manager did not say where nodes reach it",
                hint: "give --manager-address '[address]:port', or start it with --advertise")
        }
        return endpoint
    }
}

private struct InvitationReport: Described {
    let group: String
    let name: String
    let roles: String
    /// Secret; only where it does not go to a file.
    let invitation: String?
    let file: String?
    let expires: String

    /// Tables show the bare text instead.
    var lines: [(name: String, value: String)] { [] }
}
