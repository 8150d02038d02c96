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
            SendCommand.self, MethodCommand<GetMethod>.self, MethodCommand<PutMethod>.self,
            MethodCommand<PostMethod>.self, MethodCommand<FetchMethod>.self, MethodCommand<PatchMethod>.self,
            MethodCommand<IPatchMethod>.self, MethodCommand<DeleteMethod>.self, ObserveCommand.self,
            DiscoverCommand.self, MessageCommand.self, AuditCommand.self,
            VersionCommand.self,
        ])

    static func main() async {
        Glibc.exit(await EntryPoint.run(Array(CommandLine.arguments.dropFirst())))
    }
}
