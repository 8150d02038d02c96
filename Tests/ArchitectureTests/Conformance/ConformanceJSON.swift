import Foundation

/// `docs/conformance.json`: one row of a catalogue a line, so that a difference can be read.
enum ConformanceJSON {
    private struct Row: Encodable {
        struct Test: Encodable {
            let name: String
            let file: String
        }

        let id: String
        let spec: String
        let section: String
        let level: String
        let component: String
        let requirement: String
        let status: String
        let tests: [Test]
        let code: [String]
        let issue: String?
        let reason: String?
    }

    static func text(of tables: [ConformanceTable]) throws -> String {
        let catalogues = try tables.map { table in
            let rows = try table.rows.map { "    " + (try encode($0)) }.joined(separator: ",\n")
            let counts = ConformanceTable.statuses.map { "\"\($0)\": \(table.ids(of: $0).count)" }
            return """
                "\(table.name)": {
                  "counts": {\(counts.joined(separator: ", "))},
                  "rows": [
                \(rows)
                  ]
                }
                """
        }
        return "{\n\(catalogues.joined(separator: ",\n"))\n}\n"
    }

    private static func encode(_ row: ConformanceTable.Row) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let entry = row.tests.isEmpty ? row.entry : nil
        // Without a number where no issue is planned.
        let issue = (entry?.issue).flatMap { $0.isEmpty || $0 == IssueTitles.none ? nil : $0 }
        let data = try encoder.encode(
            Row(
                id: row.requirement.id, spec: row.requirement.specification, section: row.requirement.section,
                level: row.requirement.level, component: row.requirement.component, requirement: row.requirement.text,
                status: row.status, tests: row.tests.map { .init(name: "\($0.target).\($0.name)", file: $0.file) },
                code: row.code, issue: issue, reason: entry?.reason))
        return String(decoding: data, as: UTF8.self)
    }
}
