import ACEGroupcomm
import ArgumentParser
import ServiceShell

struct MemberRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Take an invitation back before it was used.",
        discussion: """
            Whoever holds it cannot join any more, and the node can be invited again under its name. Where a member has the \
            name, this is about nodes that had it before, and have left. Where nobody has it, those may come back: \
            'gosc member evict' keeps them out.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The name in the invitation: \(NameArgument.form).")
    var name: NameArgument

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let answer = try await client.revokeInvitation(of: name.name, to: group.name)
        administration.printer.notice(notice(of: answer.holders.map(\.description)))
    }

    /// Whose invitation is revoked: not that of the member that has the name now.
    private func notice(of holders: [String]) -> String {
        switch holders.count {
        case 0: "the invitation of \(name.name) to \(group.name) is revoked; nobody had joined with it"
        case 1: "the invitation of \(holders[0]) to \(group.name) is revoked"
        default: "the invitations of \(holders.joined(separator: ", ")) to \(group.name) are revoked"
        }
    }
}
