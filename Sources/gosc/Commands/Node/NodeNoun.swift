import ArgumentParser

struct NodeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "node", abstract: "A member node on this host: join or init, run, status, leave.",
        subcommands: [
            NodeJoin.self, NodeInit.self, NodeRun.self, NodeStatusCommand.self, NodeLeave.self,
        ])
}
