internal import GRDB

extension Database {
    /// The rows of a query.
    func rows(of table: String, orderedBy order: String = "1") throws -> [Columns] {
        try Row.fetchAll(self, sql: "SELECT * FROM \(table) ORDER BY \(order)").map { Columns(row: $0, table: table) }
    }

    /// The rows of a table for which `condition` holds.
    func rows(of table: String, where condition: String, _ values: [DatabaseValue]) throws -> [Columns] {
        try Row.fetchAll(
            self, sql: "SELECT * FROM \(table) WHERE \(condition)", arguments: StatementArguments(values)
        ).map { Columns(row: $0, table: table) }
    }

    /// Runs a statement that changes rows; the statement is compiled once.
    ///
    /// - Returns: Whether any row changed.
    @discardableResult
    func change(_ sql: String, _ values: [DatabaseValue] = []) throws -> Bool {
        let statement = try cachedStatement(sql: sql)
        try statement.execute(arguments: StatementArguments(values))
        return changesCount > 0
    }

    /// Whether a table has a row for which `condition` holds.
    func has(_ table: String, where condition: String, _ values: [DatabaseValue]) throws -> Bool {
        let statement = try cachedStatement(sql: "SELECT EXISTS (SELECT 1 FROM \(table) WHERE \(condition))")
        return try Bool.fetchOne(statement, arguments: StatementArguments(values)) == true
    }

    /// Inserts a row unless its key is taken.
    ///
    /// - Returns: Whether it was inserted.
    func insert(into table: String, _ columns: KeyValuePairs<String, DatabaseValue>) throws -> Bool {
        try insert(into: table, columns, onConflict: "DO NOTHING")
    }

    /// Inserts a row, or updates the row with the same key if `condition` holds.
    ///
    /// - Parameters:
    ///   - key: The columns of the key.
    ///   - condition: In SQL: `excluded.x` is the new value, `table.x` the stored one.
    /// - Returns: Whether it was written.
    func upsert(
        into table: String, key: [String], _ columns: KeyValuePairs<String, DatabaseValue>,
        onlyIf condition: String = "TRUE"
    ) throws -> Bool {
        let assignments = columns.map(\.key).filter { !key.contains($0) }.map { "\($0) = excluded.\($0)" }
        return try insert(
            into: table, columns,
            onConflict: "(\(list(key))) DO UPDATE SET \(list(assignments)) WHERE \(condition)")
    }

    private func insert(
        into table: String, _ columns: KeyValuePairs<String, DatabaseValue>, onConflict clause: String
    ) throws -> Bool {
        let names = list(columns.map(\.key))
        let places = list(columns.map { _ in "?" })
        return try change(
            "INSERT INTO \(table) (\(names)) VALUES (\(places)) ON CONFLICT \(clause)", columns.map(\.value))
    }

    private func list(_ parts: [String]) -> String { parts.joined(separator: ", ") }
}
