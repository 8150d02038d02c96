import Foundation
import Testing

/// Ids of requirements in sources and tests are those of the catalogues, so that a table made from them is true.
struct RequirementIDTests {
    @Test func everyIDStandsInACatalogue() throws {
        let known = try Self.catalogued()
        try #require(known.count > 1000)
        var used = 0
        for folder in ["Sources", "Tests"] {
            for file in try Checkout.swiftFiles(below: folder) {
                for id in RequirementID.all(in: try String(contentsOf: file, encoding: .utf8)) {
                    used += 1
                    #expect(known.contains(id), "\(Checkout.relativePath(of: file)): \(id)")
                }
            }
        }
        try #require(used > 300)
    }

    private static func catalogued() throws -> Set<String> {
        var ids: Set<String> = []
        for catalogue in RequirementCatalogue.files {
            ids.formUnion(try RequirementCatalogue(reading: catalogue).requirements.map(\.id))
        }
        return ids
    }
}
