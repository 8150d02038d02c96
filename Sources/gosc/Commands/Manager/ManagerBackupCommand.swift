import ArgumentParser
import ServiceShell

struct ManagerBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Copy the manager's database, while the manager runs or not.",
        discussion: """
            Secrets in it stay sealed, and the sealing key is not in it: a backup without that key is useless, so keep a copy \
            of the key elsewhere. 'gosc manager restore' takes it back.
            """)

    @Argument(help: ArgumentHelp("The file to make; it must not exist.", valueName: "file"))
    var file: String

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var output: OutputOptions

    func run() async throws {
        try ManagerRestore.backUp(stateDirectory: try state.directory(), to: file)
        Printer(output).notice(
            "copied the manager's database to \(file); the sealing key is not in it, and without that key it is useless"
        )
    }
}
