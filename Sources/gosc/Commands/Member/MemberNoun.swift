import ArgumentParser

struct MemberCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "member",
        abstract: "Members of a group: invite, revoke an invitation, list, show, evict, readmit.",
        subcommands: [
            MemberInvite.self, MemberRevoke.self, MemberList.self, MemberShow.self, MemberEvict.self,
            MemberReadmit.self,
        ])
}
