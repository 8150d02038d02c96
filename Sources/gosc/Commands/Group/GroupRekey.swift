import ACEGroupcomm
import ArgumentParser
import Bytes
import ServiceShell

struct GroupRekey: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rekey", abstract: "Give a group new keys.",
        discussion: """
            Members are told one by one; nothing is lost meanwhile. Whoever cannot be reached gets them when it asks. So soon after \
            other new keys that the ones before still receive, the group gets them when that is over.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var name: NameArgument

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        try await client.rekey(name.name)
        let summary = try await client.summary(of: name.name)
        let printer = administration.printer
        if summary.isRekeyingDue {
            printer.notice("\(name.name) gets new keys in a moment: the ones before the present ones still receive")
        }
        try printer.show(RekeyedGroup(summary))
    }
}

/// Which keys a group has now.
private struct RekeyedGroup: Described {
    let group: String
    let groupID: String
    let keyGeneration: UInt64
    /// Whether these are still the former ones, and the new ones are to come.
    let due: Bool

    init(_ summary: GroupSummary) {
        group = summary.name
        groupID = Hex.encode(summary.groupID)
        keyGeneration = summary.version
        due = summary.isRekeyingDue
    }

    var lines: [(name: String, value: String)] {
        [("group", group), ("group ID", groupID), ("key generation", String(keyGeneration))]
    }
}
