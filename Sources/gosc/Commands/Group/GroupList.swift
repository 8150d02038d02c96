import ACEGroupcomm
import ArgumentParser
import Bytes

struct GroupList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the groups of the manager.")

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        var rows: [GroupRow] = []
        for name in try await client.groupNames() {
            rows.append(GroupRow(try await client.summary(of: name)))
        }
        let printer = administration.printer
        try printer.list(rows)
        if rows.isEmpty { printer.notice("there is no group yet; make one with 'gosc group create --file FILE'") }
    }
}

private struct GroupRow: ListRow {
    let group: String
    let address: String
    let port: UInt16
    let members: UInt64
    let active: Bool

    init(_ summary: GroupSummary) {
        group = summary.name
        address = summary.address.description
        port = summary.port
        members = summary.memberCount
        active = summary.active
    }

    static var columns: [TextTable.Column] {
        [
            TextTable.Column("GROUP"), TextTable.Column("ADDRESS"), TextTable.Column("PORT", .right),
            TextTable.Column("MEMBERS", .right), TextTable.Column("ACTIVE"),
        ]
    }
    var cells: [String] { [group, address, String(port), String(members), active ? "yes" : "no"] }
}
