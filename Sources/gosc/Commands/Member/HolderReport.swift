import ACEGroupcomm

/// Somebody who has or had a name in a group.
struct HolderReport: ListRow {
    let name: String
    let state: String
    let since: String?
    /// The authorization server that its tokens are from; `nil` for a node that was invited.
    let issuer: String?
    /// Under which other name it is a member.
    let presentName: String?

    init(_ entry: HolderEntry) {
        name = entry.holder.description
        state =
            switch entry.state {
            case .joined: "joined"
            case .left: "left"
            case .evicted: "evicted"
            case .revoked: "revoked"
            }
        since = entry.since.map(Moment.text)
        issuer = entry.issuer
        presentName = entry.presentName
    }

    static var columns: [TextTable.Column] {
        [
            TextTable.Column("NAME"), TextTable.Column("STATE"), TextTable.Column("SINCE"),
            TextTable.Column("TOKENS FROM"), TextTable.Column("NOW CALLED"),
        ]
    }
    var cells: [String] { [name, state, since ?? "–", issuer ?? "its invitation", presentName ?? "–"] }
}
