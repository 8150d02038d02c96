import ArgumentParser
import ServiceShell

struct MemberRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take an invitation back before it was used.",
        discussion: """
            Whoever holds it cannot join any more, and the node can be invited again under its name. Where a member has the \
            name, this is about nodes that had it before, and have left. See 'gosc member evict' for the others.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The name in the invitation: \(NameArgument.form).")
    var name: NameArgument

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        try await client.revokeInvitation(of: name.name, to: group.name)
        administration.printer.notice("the invitation of \(name.name) to \(group.name) is revoked")
    }
}
