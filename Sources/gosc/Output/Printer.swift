import Foundation

/// One element of a list that a command prints.
protocol ListRow: Encodable {
    static var columns: [TextTable.Column] { get }
    var cells: [String] { get }
}

/// One thing that a command shows with all its properties.
protocol Described: Encodable {
    /// Names and values for people, in order.
    var lines: [(name: String, value: String)] { get }
}

/// Prints data in the form that was asked for, and notices beside it.
struct Printer {
    let format: OutputFormat
    let isQuiet: Bool
    let style: TextStyle

    init(_ options: OutputOptions) {
        format = options.output
        isQuiet = options.quiet
        style = TextStyle(
            isTerminal: StandardStream.output.isTerminal, environment: ProcessInfo.processInfo.environment)
    }

    /// Prints a list; `json` is one array, `jsonl` one object a line.
    func list<Row: ListRow>(_ rows: [Row]) throws(CommandFailure) {
        switch format {
        case .table:
            let table = TextTable(Row.columns, rows: rows.map(\.cells))
            try StandardStream.output.write(table.lines(style: style))
        case .json:
            try StandardStream.output.write(JSONText.document(rows) + "\n")
        case .jsonl:
            try StandardStream.output.write(rows.map { JSONText.line($0) + "\n" }.joined())
        }
    }

    /// Prints one thing.
    func show(_ thing: some Described) throws(CommandFailure) {
        switch format {
        case .table:
            let width = thing.lines.map(\.name.count).max() ?? 0
            let text = thing.lines.map { name, value in
                style.heading(name) + String(repeating: " ", count: width - name.count + 2) + value.printable + "\n"
            }
            try StandardStream.output.write(text.joined())
        case .json:
            try StandardStream.output.write(JSONText.document(thing) + "\n")
        case .jsonl:
            try StandardStream.output.write(JSONText.line(thing) + "\n")
        }
    }

    /// Says something to a person, on standard error; in the JSON forms as an object in a line of its own, as errors are.
    func notice(_ text: String) {
        guard !isQuiet else { return }
        StandardStream.error.tryWrite(
            format == .table ? "gosc: \(text.printable)\n" : JSONText.line(Notice(notice: text)) + "\n")
    }

    /// Says to a person that there is nothing to see yet. Not to a program that reads an error from there as JSON.
    func progress(_ text: String) {
        guard format == .table || StandardStream.error.isTerminal else { return }
        notice(text)
    }
}

private struct Notice: Encodable {
    let notice: String
}
