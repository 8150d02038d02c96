import Foundation
import Testing

/// The conformance pages are what catalogues, tests and sources make now.
///
/// With `GOSC_WRITE_CONFORMANCE` set, as `scripts/conformance` does, they are written before they are compared.
@Suite(.serialized)
struct ConformanceTests {
    private static let isWriting = ProcessInfo.processInfo.environment["GOSC_WRITE_CONFORMANCE"] != nil

    @Test func everyRowIsTestedOrSaysWhyNot() throws {
        let issues = try IssueTitles()
        for table in try currentTables() {
            for complaint in ConformanceRules.complaints(about: table, issues: issues) {
                Issue.record("\(complaint)")
            }
        }
    }

    /// The last row that is not open any more takes this with it, and the status `open`.
    @Test func rowsAreOpenOnlyWhileTheSecurityCoreIsBeingWritten() throws {
        let open = try currentTables().flatMap { $0.ids(of: "open") }.count
        withKnownIssue("parts of the security core are not written yet") {
            #expect(open == 0)
        }
    }

    @Test func pagesAreWhatTheSourcesMake() throws {
        let tables = try currentTables()
        let pages = [
            ("docs/conformance.md", ConformancePage(tables: tables, issues: try IssueTitles()).text),
            ("docs/conformance.json", try ConformanceJSON.text(of: tables)),
        ]
        for (path, text) in pages {
            if Self.isWriting {
                try text.write(to: Checkout.root.appending(path: path), atomically: true, encoding: .utf8)
            }
            let written = try? Checkout.text(path)
            let isCurrent = written == text
            #expect(isCurrent, "\(path) is not what tests and sources make now: run `make conformance`")
        }
    }

    @Test func theJSONPageCanBeRead() throws {
        let text = try ConformanceJSON.text(of: ConformanceTable.all())
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?.keys.sorted() == ConformanceTable.catalogues.sorted())
    }

    /// The tables; when writing, of the status files without what has been done since.
    private func currentTables() throws -> [ConformanceTable] {
        guard Self.isWriting else { return try ConformanceTable.all() }
        for table in try ConformanceTable.all() {
            let text = table.statusFile.text(withoutOpenRowsIn: table.testedIDs)
            let file = Checkout.root.appending(path: StatusFile.path(of: table.name))
            try text.write(to: file, atomically: true, encoding: .utf8)
        }
        return try ConformanceTable.all()
    }
}
