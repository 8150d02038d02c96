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

    /// A catalogue whose ids the readers do not know would be all "later", and nobody would see it.
    @Test(arguments: RequirementCatalogue.files)
    func everyCatalogueHasRowsThatTestsAndSourcesName(name: String) throws {
        let table = try #require(try ConformanceTable.all().first { $0.name == name })
        let requirements = try RequirementCatalogue(reading: name).requirements
        #expect(table.rows.map(\.requirement) == requirements && requirements.count > 250)
        #expect(table.testedIDs.count > 100)
        #expect(table.rows.count { !$0.code.isEmpty } > 50)
    }

    @Test func rowsOfTheManagerAreTestedWhereATestNamesThem() throws {
        let table = try #require(try ConformanceTable.all().first { $0.name == "group-manager" })
        let row = try #require(table.rows.first { $0.requirement.id == "GM-0495" })
        #expect(row.status == "tested" && row.tests.contains { $0.target == "PersistenceTests" })
        let later = try #require(table.rows.first { $0.requirement.id == "GM-0127" })
        #expect(later.status == "later" && later.entry?.issue == "9")
    }

    @Test func theJSONPageCanBeRead() throws {
        let text = try ConformanceJSON.text(of: ConformanceTable.all())
        let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        #expect(object?.keys.sorted() == ConformanceTable.catalogues.sorted())
    }
}
