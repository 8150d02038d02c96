import ArgumentParser

/// What every command has that asks the running manager.
struct AdministrationOptions: ParsableArguments {
    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var wait: WaitOption
    @OptionGroup var output: OutputOptions

    func client() throws(CommandFailure) -> AdminClient {
        AdminClient(stateDirectory: try state.directory(), wait: wait)
    }

    var printer: Printer { Printer(output) }
}
