import ArgumentParser
import GroupManager

struct AuditList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List what has changed, the latest at the end.",
        discussion: "Shows what is recorded, true or not: 'gosc audit verify' tells whether it was altered.")

    @OptionGroup var selection: AuditSelection

    @Option(help: ArgumentHelp("Show so many of them, the latest; 0 shows all.", valueName: "n"))
    var limit: Int = 1_000

    @OptionGroup var state: ManagerStateOptions
    @OptionGroup var output: OutputOptions

    func validate() throws {
        guard limit >= 0 else { throw ValidationError("--limit must be 0 or more.") }
    }

    func run() async throws {
        let printer = Printer(output)
        let found = try selection.latest(limit, in: AuditSource(directory: try state.directory()))
        try printer.list(found.lines)
        selection.tellOfNothing(found.count, printer)
        if found.count > found.lines.count {
            printer.notice("the latest \(found.lines.count) of \(found.count) records; --limit 0 shows all")
        }
    }
}

/// Which records are wanted.
struct AuditSelection: ParsableArguments {
    @Option(help: "Only what concerns this group.")
    var group: NameArgument?

    @Option(help: ArgumentHelp("Begin here: \(AuditStart.form).", valueName: "start"))
    var since: AuditStart?

    func includes(_ record: AuditRecord) -> Bool {
        (group == nil || record.entry.group == group?.name) && since?.includes(record) ?? true
    }

    /// A name that was mistyped looks like a group in which nothing has happened.
    func tellOfNothing(_ count: Int, _ printer: Printer) {
        guard count == 0, let group else { return }
        printer.notice("there is no record of a group named \(group.name)" + (since == nil ? "" : " since then"))
    }

    /// The latest that are wanted, in order, and how many there are in all.
    ///
    /// - Parameter limit: 0 for all.
    func latest(_ limit: Int, in source: AuditSource) throws -> (lines: [AuditLine], count: Int) {
        var lines: [AuditLine] = []
        var count = 0
        try source.forEach(from: since?.firstRecord ?? 0) { record, hash in
            guard includes(record) else { return }
            count += 1
            lines.append(AuditLine(record, hash: hash))
            // Now and then only: taking the first away moves all others.
            if limit > 0, lines.count >= 2 * limit + 1_000 { lines.removeFirst(lines.count - limit) }
        }
        return (limit > 0 ? lines.suffix(limit) : lines, count)
    }
}
