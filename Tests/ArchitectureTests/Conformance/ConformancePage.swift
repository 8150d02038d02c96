/// `docs/conformance.md`.
struct ConformancePage {
    let tables: [ConformanceTable]
    let issues: IssueTitles

    var text: String {
        let head = """
            # Conformance

            Made by `make conformance` from the catalogues in `Tests/TestSupport/Requirements`, the tags of the tests and the
            comments of the sources; `make test` fails if this page is not what they make now. The same as data:
            [conformance.json](conformance.json).

            - **tested**: a test with this id proves it.
            - **later**: an issue will bring it, or none is planned yet and the row says so.
            - **not applicable**: by the specification's own words it does not bind this implementation.
            - **deviation**: this implementation does something else, and says why.

            """
        return ([head] + tables.flatMap(parts)).filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private func parts(of table: ConformanceTable) -> [String] {
        ["## Catalogue \(table.name)\n", totals(of: table, by: "level", \.level)]
            + [totals(of: table, by: "component", \.component)]
            + [list(of: table, .deviation, "Deviations"), list(of: table, .notApplicable, "Not applicable")]
            + [later(of: table)] + sections(of: table)
    }

    private func totals(
        of table: ConformanceTable, by title: String, _ group: (Requirement) -> String
    ) -> String {
        let statuses = ConformanceTable.statuses.filter { !table.ids(of: $0).isEmpty }
        var lines = ["| \(title) | rows | \(statuses.joined(separator: " | ")) |"]
        lines.append("|---|" + String(repeating: "---:|", count: statuses.count + 1))
        for (name, rows) in Dictionary(grouping: table.rows, by: { group($0.requirement) }).sorted(by: {
            $0.key < $1.key
        }) {
            lines.append(line(name, rows, statuses))
        }
        lines.append(line("all", table.rows, statuses))
        return lines.joined(separator: "\n") + "\n"
    }

    private func line(_ name: String, _ rows: [ConformanceTable.Row], _ statuses: [String]) -> String {
        let counts = statuses.map { status in String(rows.filter { $0.status == status }.count) }
        return "| \(name) | \(rows.count) | \(counts.joined(separator: " | ")) |"
    }

    /// Rows of one status with their reasons; nothing if there are none.
    private func list(of table: ConformanceTable, _ status: StatusFile.Status, _ title: String) -> String {
        let rows = table.rows.filter { $0.status == status.rawValue }
        guard !rows.isEmpty else { return "" }
        let lines = rows.map { row in
            "| \(row.requirement.id) | \(row.requirement.level) | \(cell(row.requirement.text)) | "
                + "\(cell(row.entry?.reason ?? "")) |"
        }
        return "### \(title)\n\n| id | level | requirement | reason |\n|---|---|---|---|\n"
            + lines.joined(separator: "\n") + "\n"
    }

    private func later(of table: ConformanceTable) -> String {
        let rows = table.rows.filter { $0.status == StatusFile.Status.later.rawValue }
        // What no issue has stands last.
        let groups = Dictionary(grouping: rows) { $0.entry?.issue ?? "" }.sorted {
            ($0.key == IssueTitles.none ? 1 : 0, $0.key) < ($1.key == IssueTitles.none ? 1 : 0, $1.key)
        }
        let lines = groups.map { "| \($0.key) | \(cell(issues.titles[$0.key] ?? "")) | \($0.value.count) |" }
        return "### Issues that rows wait for\n\n| issue | title | rows |\n|---|---|---:|\n"
            + lines.joined(separator: "\n") + "\n"
    }

    private func sections(of table: ConformanceTable) -> [String] {
        var parts: [String] = []
        var section = ""
        var lines: [String] = []
        for row in table.rows {
            let title = "\(row.requirement.specification), section \(row.requirement.section)"
            if title != section {
                if !lines.isEmpty { parts.append(lines.joined(separator: "\n") + "\n") }
                section = title
                lines = ["### \(title)\n\n| id | level | requirement | status | code |\n|---|---|---|---|---|"]
            }
            lines.append(
                "| \(row.requirement.id) | \(row.requirement.level) | \(cell(row.requirement.text)) | \(status(of: row)) "
                    + "| \(row.code.map(link).joined(separator: "<br>")) |")
        }
        parts.append(lines.joined(separator: "\n") + "\n")
        return parts
    }

    private func status(of row: ConformanceTable.Row) -> String {
        guard row.tests.isEmpty else {
            return "tested: " + row.tests.map { "[\($0.name)](../\($0.file))" }.joined(separator: "<br>")
        }
        guard let entry = row.entry else { return "**missing**" }
        let issue =
            switch entry.issue {
            case "": ""
            case IssueTitles.none: " (no issue yet)"
            default: " (issue \(entry.issue))"
            }
        return "\(entry.status.rawValue)\(issue): \(cell(entry.reason))"
    }

    private func link(_ file: String) -> String {
        "[\(file.split(separator: "/").last ?? "")](../\(file))"
    }

    /// Text that does not end its cell.
    private func cell(_ text: String) -> String {
        text.replacing("|", with: "\\|").replacing("<", with: "&lt;").replacing("\n", with: " ")
    }
}
