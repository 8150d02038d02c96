import Foundation
import Testing

/// Ids of requirements in sources and tests are those of the catalogues, so that a table made from them is true.
struct RequirementIDTests {
    private static let root = Checkout.root

    @Test func everyIDStandsInACatalogue() throws {
        let known = try Self.catalogued()
        try #require(known.count > 1000)
        var used = 0
        for folder in ["Sources", "Tests"] {
            for (file, text) in try Self.swiftFiles(in: folder) {
                for id in Self.ids(in: text) {
                    used += 1
                    #expect(known.contains(id), "\(file): \(id)")
                }
            }
        }
        try #require(used > 300)
    }

    private static func catalogued() throws -> Set<String> {
        var ids: Set<String> = []
        for name in ["oscore", "coap", "group-manager"] {
            let file = root.appending(path: "Tests/TestSupport/Requirements/\(name)-requirements.csv")
            for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
                ids.insert(String(line.prefix { $0 != "," }))
            }
        }
        return ids
    }

    private static func swiftFiles(in folder: String) throws -> [(String, String)] {
        let folder = root.appending(path: folder)
        let files = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
        return try (files?.compactMap { $0 as? URL } ?? []).filter { $0.pathExtension == "swift" }.map {
            ($0.path, try String(contentsOf: $0, encoding: .utf8))
        }
    }

    /// What looks like an id, wherever it stands.
    private static func ids(in text: String) -> [String] {
        text.matches(of: #/\b(?:GOSC|OSC|COAP|GM|ECHO|CACH)-[0-9]{4}\b/#).map { String($0.output) }
    }
}
