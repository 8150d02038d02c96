import ACEGroupcomm
import ArgumentParser
import Bytes
import ServiceShell

struct MemberList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the members of a group, and who is invited; or who has or had a name.",
        discussion: """
            With a name, all who ever joined under it, with what 'gosc member evict' and 'gosc member readmit' take for one of \
            them alone.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "Whose holders, past ones too, are listed instead: \(NameArgument.form).")
    var name: NameArgument?

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        if let name {
            let holders = try await client.holders(of: name.name, in: group.name)
            return try administration.printer.list(holders.map(HolderReport.init))
        }
        try administration.printer.list(try await client.members(of: group.name).map(MemberReport.init))
    }
}

struct MemberShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "show", abstract: "Show one member of a group.")

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The name of the member: \(NameArgument.form).")
    var name: NameArgument

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let members = try await client.members(of: group.name)
        guard let member = members.first(where: { $0.name == name.name }) else {
            throw CommandFailure(
                .refused, "group \(group.name) has no member named \(name.name)",
                hint: "see 'gosc member list \(group.name)'")
        }
        try administration.printer.show(MemberReport(member))
    }
}

/// A member, or a node that was invited.
private struct MemberReport: ListRow, Described {
    let name: String
    let senderID: String?
    let roles: String
    let state: String
    let joined: String?
    let invitationEnds: String?

    init(_ entry: MemberEntry) {
        name = entry.name
        senderID = entry.senderID.map { Hex.encode($0) }
        roles = entry.roles.description
        state =
            switch entry.state {
            case .invited: "invited"
            case .joined: "joined"
            case .expired: "expired"
            }
        joined = entry.joinedAt.map(Moment.text)
        invitationEnds = entry.expiry.map(Moment.text)
    }

    static var columns: [TextTable.Column] {
        [
            TextTable.Column("NAME"), TextTable.Column("SENDER ID"), TextTable.Column("ROLES"),
            TextTable.Column("STATE"), TextTable.Column("SINCE OR UNTIL"),
        ]
    }
    var cells: [String] { [name, senderID ?? "–", roles, state, joined ?? invitationEnds ?? "–"] }
    var lines: [(name: String, value: String)] {
        [
            ("name", name), ("Sender ID", senderID ?? "–"), ("roles", roles), ("state", state),
            ("joined", joined ?? "–"), ("invitation ends", invitationEnds ?? "–"),
        ]
    }
}
