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
            lasts: name it here, and it may not.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The names of the members, or of nodes that have left: \(NameArgument.form).")
    var names: [NameArgument]

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let printer = administration.printer
        for name in names {
            let wasMember = try await client.evict(name.name, from: group.name)
            printer.notice(
                wasMember
                    ? "\(name.name) is no member of \(group.name) any more"
                    : "\(name.name) was no member of \(group.name) any more, and may not come back")
        }
    }
}

struct MemberReadmit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "readmit", abstract: "Let a node come back that was evicted.",
        discussion:
            "For nodes with tokens of another authorization server. A node with an invitation is invited again, and needs no more."
    )

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "What the member was called: \(NameArgument.form).")
    var name: NameArgument

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let client = try administration.client()
        let answer = try await client.readmit(name.name, to: group.name)
        administration.printer.notice(
            answer.needsInvitation
                ? "\(name.name) does not count as evicted from \(group.name) any more, but its invitation stays void: invite it again, and "
                    + "let it join into a new state directory" : "\(name.name) may join \(group.name) again")
    }
}
