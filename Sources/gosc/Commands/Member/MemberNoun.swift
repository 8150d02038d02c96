import ArgumentParser

struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member", abstract: "Members of a group: invite, list, show.",
        subcommands: [MemberInvite.self, MemberList.self, MemberShow.self])
}
