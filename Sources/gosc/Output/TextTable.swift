/// A table of text: columns as wide as their widest cell, two blanks between them.
struct TextTable {
    /// A heading, and on which side its cells stand.
    struct Column: Hashable {
        enum Side: Hashable { case left, right }

        let heading: String
        let side: Side
        /// At least so wide, for tables whose rows come one by one.
        let width: Int

        init(_ heading: String, _ side: Side = .left, width: Int = 0) {
            self.heading = heading
            self.side = side
            self.width = width
        }
    }

    private let columns: [Column]
    private var rows: [[String]]

    init(_ columns: [Column], rows: [[String]] = []) {
        self.columns = columns
        self.rows = rows.map { $0.map(\.printable) }
    }

    /// The lines, the headings first, each with its line end.
    func lines(withHeadings: Bool = true, style: TextStyle = .plain) -> String {
        var text = withHeadings ? style.heading(line(columns.map(\.heading))) + "\n" : ""
        for row in rows { text += line(row) + "\n" }
        return text
    }

    private func line(_ cells: [String]) -> String {
        var text = ""
        for (index, cell) in cells.enumerated() {
            let column = columns[index]
            let padding = String(repeating: " ", count: width(of: index) - cell.count)
            text += column.side == .left ? cell + padding : padding + cell
            text += "  "
        }
        while text.last == " " { text.removeLast() }
        return text
    }

    private func width(of index: Int) -> Int {
        let cells = rows.map { $0[index].count }
        return max(cells.max() ?? 0, columns[index].heading.count, columns[index].width)
    }
}

/// Emphasis on a terminal that wants it.
struct TextStyle {
    /// Whether control sequences are wanted.
    let isOn: Bool

    static let plain = Self(isOn: false)

    private init(isOn: Bool) {
        self.isOn = isOn
    }

    /// - Parameters:
    ///   - isTerminal: Whether a person looks at the stream.
    ///   - environment: `NO_COLOR` and `TERM=dumb` are obeyed.
    init(isTerminal: Bool, environment: [String: String]) {
        let refuses = environment["NO_COLOR"].map { !$0.isEmpty } ?? false
        isOn = isTerminal && !refuses && environment["TERM"] != "dumb"
    }

    func heading(_ text: String) -> String { wrap(text, "1") }
    func good(_ text: String) -> String { wrap(text, "32") }
    func bad(_ text: String) -> String { wrap(text, "31") }

    private func wrap(_ text: String, _ code: String) -> String {
        isOn ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
