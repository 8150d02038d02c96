import ArgumentParser

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "version", abstract: "Show which gosc this is.")

    @OptionGroup var output: OutputOptions

    func run() async throws {
        if output.output == .table {
            try StandardStream.output.write("gosc \(Version.number)\n")
        } else {
            try Printer(output).show(VersionReport(version: Version.number))
        }
    }
}

private struct VersionReport: Described {
    let version: String

    var lines: [(name: String, value: String)] { [("version", version)] }
}
