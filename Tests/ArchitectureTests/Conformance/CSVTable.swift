import Foundation

/// A table of comma-separated values with a head, as RFC 4180 has it: quotes around a field, doubled inside it.
struct CSVTable {
    /// Each row by the names of the head.
    let rows: [[String: String]]

    /// What makes a text no table.
    enum FormatError: Error {
        case noHead
        case openQuote
        /// A row with another number of fields than the head; counted from 1, the head included.
        case fieldCount(row: Int)
    }

    init(parsing text: String) throws(FormatError) {
        var records = try Self.records(of: text)
        guard !records.isEmpty else { throw .noHead }
        let head = records.removeFirst()
        var rows: [[String: String]] = []
        for (index, record) in records.enumerated() {
            guard record.count == head.count else { throw .fieldCount(row: index + 2) }
            rows.append(Dictionary(uniqueKeysWithValues: zip(head, record)))
        }
        self.rows = rows
    }

    /// A field as it is written: in quotes where it needs them.
    static func field(_ text: String) -> String {
        guard text.contains(where: { $0 == "," || $0 == "\"" || $0 == "\n" }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }

    private static func records(of text: String) throws(FormatError) -> [[String]] {
        var records: [[String]] = []
        var (record, field, isQuoted) = ([String](), "", false)
        var rest = Substring(text)
        while let character = rest.popFirst() {
            switch (character, isQuoted) {
            case ("\"", true) where rest.first == "\"":
                rest.removeFirst()
                field.append("\"")
            case ("\"", _):
                isQuoted.toggle()
            case (",", false):
                record.append(field)
                field = ""
            case ("\n", false), ("\r\n", false):
                records.append(record + [field])
                (record, field) = ([], "")
            default:
                field.append(character)
            }
        }
        guard !isQuoted else { throw .openQuote }
        if !record.isEmpty || !field.isEmpty { records.append(record + [field]) }
        return records
    }
}
