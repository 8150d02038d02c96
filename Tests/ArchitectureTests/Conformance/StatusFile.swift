import Foundation

/// What is said of requirements that no test proves: `Tests/TestSupport/Requirements/NAME-status.csv`.
struct StatusFile {
    enum Status: String, CaseIterable {
        case later
        case notApplicable = "not-applicable"
        case deviation
    }

    struct Entry {
        let id: String
        let status: Status
        /// The number of the issue that will bring it, or ``IssueTitles/none``; for ``Status/later``.
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
}

/// The issues that status files name, with their titles: `Tests/TestSupport/Requirements/issues.csv`.
struct IssueTitles {
    /// What stands in the place of a number where no issue is planned yet.
    static let none = "-"

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
