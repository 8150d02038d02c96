import ArgumentParser

struct ManagerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manager", abstract: "The Group Manager: who is in which group, with which keys.",
        subcommands: [
            ManagerInit.self, ManagerRun.self, ManagerStatusCommand.self, ManagerRevoke.self, ManagerTokenKey.self,
            ManagerBackupCommand.self, ManagerRestoreCommand.self,
        ])
}
