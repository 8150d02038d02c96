import ArgumentParser

/// How data is printed.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    /// For people.
    case table
    /// One JSON document.
    case json
    /// One JSON object a line, as soon as it is known.
    case jsonl

    /// What the command line asks for, also when the rest of it is wrong: errors take the same form.
    static func requested(in arguments: [String]) -> Self {
        var format = Self.table
        for (index, argument) in arguments.enumerated() {
            if argument == "--" { break }
            let value =
                if argument.hasPrefix("--output=") {
                    String(argument.dropFirst("--output=".count))
                } else if argument == "--output", index + 1 < arguments.count {
                    arguments[index + 1]
                } else {
                    ""
                }
            format = Self(rawValue: value) ?? format
        }
        return format
    }
}

/// The options of every command that prints data.
struct OutputOptions: ParsableArguments {
    @Option(help: "The form of the output: table, json or jsonl.")
    var output = OutputFormat.table

    @Flag(name: .shortAndLong, help: "Say nothing but data and errors.")
    var quiet = false
}
