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
        for table in try ConformanceTable.all() {
            for complaint in ConformanceRules.complaints(about: table, issues: issues) {
                Issue.record("\(complaint)")
            }
        }
    }

    @Test func pagesAreWhatTheSourcesMake() throws {
        let tables = try ConformanceTable.all()
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
}
