import ArgumentParser
import Glibc

/// Where the JSON of a message comes from.
struct MessageSource: ParsableArguments {
    @Argument(help: ArgumentHelp("The file with the JSON, or '-' for standard input.", valueName: "file"))
    var file = "-"

    /// What is read, for errors.
    var name: String { file == "-" ? "standard input" : "message file \(file)" }

    /// Reads everything.
    func read() throws(CommandFailure) -> [UInt8] {
        let text =
            file == "-"
            ? try TextFile.read(STDIN_FILENO, name: name) : try TextFile.read(file, what: "message file")
        return Array(text.utf8)
    }
}
