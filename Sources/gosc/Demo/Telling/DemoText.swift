import Foundation

/// The words and tables of the story, the same for a terminal and for a file.
enum DemoText {
    static func opening(_ setting: DemoSetting) -> [String] {
        let place =
            setting.place == DemoPlace.namespace.rawValue
            ? "in a network namespace of their own" : "on this host, interface-local scope, hop limit 0"
        let lamps = setting.lamps == 1 ? "1 lamp" : "\(setting.lamps) lamps"
        return [
            "One manager, one switch and \(lamps), each a process of its own, \(place).",
            "Group \(setting.group) at \(setting.groupAddress) on \(setting.interface): "
                + "AES-CCM-16-64-128, countersigned with Ed25519.",
        ]
    }

    /// Lamps, figures and checks of an act.
    static func body(of report: ActReport, palette: Palette) -> String {
        var text = ""
        if !report.lamps.isEmpty { text += lamps(report.lamps, palette: palette) }
        if !report.figures.isEmpty {
            let figures = report.figures.map { "\($0.name) \(milliseconds($0.milliseconds)) ms" }
            text += "  latency: \(figures.joined(separator: ", "))\n"
        }
        return text + checks(report.checks, palette: palette)
    }

    static func checks(_ checks: [Check], palette: Palette) -> String {
        let columns = ["", "CHECK", "EXPECTED", "SEEN"]
        let rows = checks.map { [$0.holds ? palette.yes : palette.no, $0.what, $0.expected, $0.seen] }
        return table(columns, rows, palette: palette) { row, cell, text in
            cell == 0 || cell == 3 ? palette.verdict(text, checks[row].holds) : text
        }
    }

    static func lamps(_ rows: [LampRow], palette: Palette) -> String {
        let columns = ["LAMP", "ID", "VERIFIED", "LIGHT", "LATENCY"]
        let cells = rows.map { row in
            [
                row.name, row.senderID, row.verified ? "yes" : "no", palette.light(row.isOn),
                row.milliseconds.map { milliseconds($0) + " ms" } ?? "no answer",
            ]
        }
        return table(columns, cells, palette: palette) { row, cell, text in
            switch cell {
            case 2: palette.verdict(text, rows[row].verified)
            case 3: rows[row].isOn == true ? palette.glowing(text) : text
            default: text
            }
        }
    }

    static func closing(_ report: DemoReport, palette: Palette) -> String {
        var text = "\n"
        if !report.messages.isEmpty {
            let rows = report.messages.map { [$0.message, "\($0.plain)", "\($0.protected)", "+\($0.added)"] }
            text += "Bytes of each message\n"
            text += table(["MESSAGE", "PLAIN COAP", "PROTECTED", "ADDED"], rows, palette: palette) { $2 } + "\n"
        }
        for act in report.acts {
            let mark = palette.verdict(act.passed ? palette.yes : palette.no, act.passed)
            text += "  \(mark)  \(act.name.rawValue): \(act.shows)\n"
        }
        let seconds = String(format: "%.1f s", report.seconds)
        let failed = report.acts.filter { !$0.passed }.map(\.name.rawValue)
        if report.passed {
            text += "\n" + palette.verdict("All \(report.acts.count) acts went as expected", true) + ", \(seconds).\n"
        } else {
            let missing = ActName.allCases.count - report.acts.count
            text += "\n" + palette.verdict("Not as expected: \(failed.joined(separator: ", "))", false)
            text += (missing > 0 ? "; \(missing) acts were not played" : "") + ", \(seconds).\n"
        }
        return text
    }

    static func milliseconds(_ value: Double) -> String {
        String(format: "%.2f", value)
    }

    /// A table, two blanks before each column. What `paint` adds takes no room.
    private static func table(
        _ headings: [String], _ rows: [[String]], palette: Palette, paint: (Int, Int, String) -> String
    ) -> String {
        let widths = headings.indices.map { column in
            max(headings[column].count, rows.map { $0[column].count }.max() ?? 0)
        }
        func line(_ cells: [String], _ paint: (Int, String) -> String) -> String {
            var text = ""
            for (column, cell) in cells.enumerated() {
                let isLast = column == cells.count - 1
                let padding = isLast ? "" : String(repeating: " ", count: widths[column] - cell.count)
                text += "  " + paint(column, cell.printable) + padding
            }
            return text + "\n"
        }
        return line(headings) { palette.heading($1) }
            + rows.enumerated().map { row, cells in line(cells) { paint(row, $0, $1) } }.joined()
    }
}
