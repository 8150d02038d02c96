import Foundation

/// A catalogue joined with what tests prove, what the sources name and what the status file says.
struct ConformanceTable {
    struct Row {
        let requirement: Requirement
        let tests: [TaggedTest]
        /// Files below `Sources` that name the id in a comment.
        let code: [String]
        /// From the status file.
        let entry: StatusFile.Entry?

        /// "tested", a status of the status file, or "missing".
        var status: String {
            tests.isEmpty ? entry?.status.rawValue ?? "missing" : "tested"
        }
    }

    /// The catalogue's name.
    let name: String
    let rows: [Row]
    let statusFile: StatusFile

    /// The catalogues in the order of the pages; a row of each is tested or says why not.
    static let catalogues = RequirementCatalogue.files

    /// Statuses in the order of the pages.
    static let statuses = ["tested"] + StatusFile.Status.allCases.map(\.rawValue) + ["missing"]

    init(
        name: String, requirements: [Requirement], statusFile: StatusFile, tests: [TaggedTest],
        code: [String: [String]]
    ) {
        let entries = Dictionary(statusFile.entries.map { ($0.id, $0) }) { first, _ in first }
        var testsOfID: [String: [TaggedTest]] = [:]
        for test in tests {
            for id in Set(test.ids) { testsOfID[id, default: []].append(test) }
        }
        self.name = name
        self.statusFile = statusFile
        self.rows = requirements.map { requirement in
            Row(
                requirement: requirement, tests: testsOfID[requirement.id] ?? [],
                code: code[requirement.id] ?? [], entry: entries[requirement.id])
        }
    }

    static func all() throws -> [ConformanceTable] {
        let (tests, marks) = (try TaggedTest.all(), try CodeMarks.files())
        return try catalogues.map { name in
            ConformanceTable(
                name: name, requirements: try RequirementCatalogue(reading: name).requirements,
                statusFile: try StatusFile(reading: name), tests: tests, code: marks)
        }
    }

    var testedIDs: Set<String> {
        Set(rows.filter { !$0.tests.isEmpty }.map(\.requirement.id))
    }

    func ids(of status: String) -> [String] {
        rows.filter { $0.status == status }.map(\.requirement.id)
    }
}
