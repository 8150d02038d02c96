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
            has it, and for one of them alone, say its number, as 'gosc member list GROUP NAME' shows it. All who are named go \
            at once, and the group gets new keys once; if one of them cannot be evicted, nobody is.
            """)

    @Argument(help: "The name of the group: \(NameArgument.form).")
    var group: NameArgument

    @Argument(help: "The members, or nodes that have left: \(MemberArgument.form).")
    var names: [MemberArgument]

    @OptionGroup var administration: AdministrationOptions

    func run() async throws {
        let answer = try await administration.client().evict(names.map(\.text), from: group.name)
        for name in answer.members {
            administration.printer.notice("\(name) is no member of \(group.name) any more")
        }
        for holder in answer.keptOut {
            administration.printer.notice(
                "\(holder) was no member of \(group.name) any more, and may not come back")
        }
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
