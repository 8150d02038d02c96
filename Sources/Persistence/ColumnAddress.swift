/// Where a sealed secret belongs. A ciphertext that was moved elsewhere does not open.
struct ColumnAddress: Sendable {
    let table: String
    /// The values of the primary key.
    let row: [[UInt8]]
    let column: String

    /// Each part behind its length, so that no two addresses have the same bytes.
    var associatedData: [UInt8] {
        var result: [UInt8] = []
        for part in [Array(table.utf8), Array(column.utf8)] + row {
            result += (0..<4).map { UInt8(truncatingIfNeeded: part.count >> (24 - 8 * $0)) }
            result += part
        }
        return result
    }

    /// What a person is told when it does not open.
    var name: String { "\(table).\(column)" }
}

extension ColumnAddress {
    /// A column of a table that has one row only.
    init(_ table: String, _ column: String) {
        self.init(table: table, row: [], column: column)
    }
}
