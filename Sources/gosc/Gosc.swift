import ArgumentParser
import Glibc

/// The one command.
@main
struct Gosc: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gosc",
        abstract: "Secure CoAP group messaging for buildings.",
        discussion: "Data goes to standard output, everything else to standard error.",
        version: "gosc \(Version.number)",
        subcommands: [
            DemoCommand.self, ManagerCommand.self, GroupCommand.self, MemberCommand.self, NodeCommand.self,
            SendCommand.self, GetCommand.self, PutCommand.self, PostCommand.self, FetchCommand.self, PatchCommand.self,
            IPatchCommand.self, DeleteCommand.self, ObserveCommand.self, DiscoverCommand.self, MessageCommand.self,
            VersionCommand.self,
        ])

    static func main() async {
        Glibc.exit(await EntryPoint.run(Array(CommandLine.arguments.dropFirst())))
    }
}
