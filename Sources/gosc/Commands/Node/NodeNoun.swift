import ArgumentParser

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "A member node on this host: join, run, status.",
        subcommands: [NodeJoin.self, NodeRun.self, NodeStatusCommand.self])
}
