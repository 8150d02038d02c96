import ACEGroupcomm
import ArgumentParser
import ServiceShell

struct MemberEvict: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evict", abstract: "Throw members out of a group.",
        discussion: """
            The group gets new keys without them at once, and nothing counts any more that is said under the old ones. \
            Whoever was evicted does not come back by itself: invite it again, or, if it has its tokens from another \
            authorization server, see 'gosc member readmit'. A node that has left may join again as long as its token \
            lasts: name it here, and it may not. Where nobody has the name now, that is about all who had it. Where somebody \
            has it, and for one of them alone, say its number, as 'gosc member list GROUP NAME' shows it.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The members, or nodes that have left: \(MemberArgument.form).")
    var names: [MemberArgument]

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let printer = administration.printer
        for name in names {
            let keptOut = try await client.evict(name.text, from: group.name)
            printer.notice(notice(of: name.text, keptOut?.holders))
        }
    }

    /// What has become of those who were named.
    ///
    /// - Parameter keptOut: `nil` if there was a member.
    private func notice(of name: String, _ keptOut: [HolderName]?) -> String {
        guard let keptOut else { return "\(name) is no member of \(group.name) any more" }
        let holders = keptOut.map(\.description).joined(separator: ", ")
        return keptOut.count == 1
            ? "\(holders) was no member of \(group.name) any more, and may not come back"
            : "\(keptOut.count) who had the name \(name) were no members of \(group.name) any more, and may not come back: \(holders)"
    }
}

struct MemberReadmit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "readmit", abstract: "Let a node come back that was evicted.",
        discussion: """
            For nodes with tokens of another authorization server. A node with an invitation is invited again, and needs no \
            more. Where several were evicted under one name, say which one, as 'gosc member list GROUP NAME' shows them.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "What the member was called: \(MemberArgument.form).")
    var name: MemberArgument

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let answer = try await client.readmit(name.text, to: group.name)
        let holder = answer.holder?.description ?? name.text
        administration.printer.notice(
            answer.needsInvitation
                ? "\(holder) does not count as evicted from \(group.name) any more, but its invitation stays void: invite it again, and "
                    + "let it join into a new state directory" : "\(holder) may join \(group.name) again")
    }
}
