import ArgumentParser
import GroupManager
import Persistence

struct AuditTail: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail", abstract: "Show the latest changes, and those to come.")

    @Flag(name: .shortAndLong, help: "Go on, and show what comes, until Ctrl-C.")
    var follow = false

    @Option(help: ArgumentHelp("Begin with so many of the latest.", valueName: "n"))
    var limit: Int = 10

    @Option(help: "Only what concerns this group.")
    var group: NameArgument?

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit must be 1 or more.") }
        guard !follow || output.output != .json else {
            throw ValidationError("--follow goes with --output table or jsonl: a JSON document has an end.")
        }
    }

    func run() async throws {
        let printer = Printer(output)
        let source = try AuditSource(directory: try state.directory())
        var selection = try AuditSelection.parse([])
        selection.group = group
        // Before it is read: what comes meanwhile is shown next.
        var last = try source.stored.lastSequence()
        let found = try selection.latest(limit, in: source)
        if !follow { selection.tellOfNothing(found.count, printer) }
        let lines = found.lines.filter { $0.sequence <= last }
        try printer.list(lines)
        while follow {
            try await Task.sleep(for: .milliseconds(500))
            var new: [AuditLine] = []
            try source.forEach(from: last + 1) { record, hash in
                last = record.sequence
                if selection.includes(record) { new.append(AuditLine(record, hash: hash)) }
            }
            guard !new.isEmpty else { continue }
            if printer.format == .table {
                let table = TextTable(AuditLine.columns, rows: new.map(\.cells))
                try StandardStream.output.write(table.lines(withHeadings: false))
            } else {
                try printer.list(new)
            }
        }
    }
}
