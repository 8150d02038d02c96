import Foundation

/// What is said of requirements that no test proves: `Tests/TestSupport/Requirements/NAME-status.csv`.
struct StatusFile {
    enum Status: String, CaseIterable {
        case later
        case notApplicable = "not-applicable"
        case deviation
        /// Not written yet. Stands only while a change is under way.
        case open
    }

    struct Entry {
        let id: String
        let status: Status
        /// The number of the issue that will bring it; for ``Status/later``.
        let issue: String
        let reason: String
    }

    /// In the order of the file.
    let entries: [Entry]

    static func path(of catalogue: String) -> String {
        "\(RequirementCatalogue.folder)/\(catalogue)-status.csv"
    }

    init(reading catalogue: String) throws {
        try self.init(parsing: Checkout.text(Self.path(of: catalogue)))
    }

    init(parsing text: String) throws {
        let table = try CSVTable(parsing: text)
        self.entries = try table.rows.map { row in
            guard let id = row["id"], let status = row["status"].flatMap(Status.init), let issue = row["issue"],
                let reason = row["reason"]
            else { throw CocoaError(.coderValueNotFound, userInfo: [NSLocalizedDescriptionKey: "\(row)"]) }
            return Entry(id: id, status: status, issue: issue, reason: reason)
        }
    }

    /// The file without the open rows that a test proves by now.
    func text(withoutOpenRowsIn tested: Set<String>) -> String {
        let kept = entries.filter { $0.status != .open || !tested.contains($0.id) }
        let lines = kept.map { entry in
            [entry.id, entry.status.rawValue, entry.issue, entry.reason].map(CSVTable.field).joined(separator: ",")
        }
        return (["id,status,issue,reason"] + lines).joined(separator: "\n") + "\n"
    }
}

/// The issues that status files name, with their titles: `Tests/TestSupport/Requirements/issues.csv`.
struct IssueTitles {
    let titles: [String: String]

    init(_ titles: [String: String]) {
        self.titles = titles
    }

    init() throws {
        let table = try CSVTable(parsing: Checkout.text("\(RequirementCatalogue.folder)/issues.csv"))
        self.titles = Dictionary(
            uniqueKeysWithValues: table.rows.compactMap { row in row["issue"].map { ($0, row["title"] ?? "") } })
    }
}
