import Foundation
import Testing

/// The code in the DocC catalogues is the code that the tests beside this file run.
struct CatalogueTests {
    private static let targets = [
        "Bytes", "CBOR", "CryptoPrimitives", "COSE", "CoAP", "OSCORE", "GroupOSCORE", "GroupManager", "MemberNode",
        "X509Credentials", "GoscKit",
    ]

    @Test(arguments: targets)
    func everyCodeBlockIsAnExampleThatIsRun(target: String) throws {
        let examples = try Self.examples()
        let blocks = try Self.pages(of: target).flatMap(Self.codeBlocks)
        #expect(!blocks.isEmpty, "\(target) has no worked example")
        for block in blocks {
            #expect(examples.contains(block), "not in Tests/ExampleTests:\n\(block)")
        }
    }

    @Test(arguments: targets)
    func everyCatalogueBeginsWithItsModule(target: String) throws {
        let page = try String(contentsOf: Self.catalogue(of: target).appending(path: "\(target).md"), encoding: .utf8)
        #expect(page.hasPrefix("# ``\(target)``\n"))
    }

    @Test func everyExampleStandsInACatalogue() throws {
        let blocks = try Self.targets.flatMap(Self.pages).flatMap(Self.codeBlocks)
        for example in try Self.examples() {
            #expect(blocks.contains(example), "in no catalogue:\n\(example)")
        }
    }

    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()

    private static func catalogue(of target: String) -> URL {
        folder.appending(path: "../../Sources/\(target)/\(target).docc").standardizedFileURL
    }

    private static func pages(of target: String) throws -> [String] {
        try files(in: catalogue(of: target), "md")
    }

    private static func files(in folder: URL, _ pathExtension: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == pathExtension }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    private static func codeBlocks(_ page: String) -> [String] {
        regions(page, from: { $0 == "```swift" }, to: { $0 == "```" })
    }

    /// What stands between `// example: name` and `// end` in the tests.
    private static func examples() throws -> [String] {
        try files(in: folder, "swift").flatMap { text in
            regions(
                text, from: { $0.drop(while: \.isWhitespace).hasPrefix("// example: ") },
                to: { $0.drop(while: \.isWhitespace) == "// end" })
        }
    }

    /// The lines between two marks, moved to the left margin.
    private static func regions(
        _ text: String, from begins: (Substring) -> Bool, to ends: (Substring) -> Bool
    ) -> [String] {
        var regions: [String] = []
        var lines: [Substring]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if let open = lines, ends(line) {
                regions.append(atMargin(open))
                lines = nil
            } else if lines != nil {
                lines?.append(line)
            } else if begins(line) {
                lines = []
            }
        }
        return regions
    }

    private static func atMargin(_ lines: [Substring]) -> String {
        let margin = lines.filter { !$0.isEmpty }.map { $0.prefix { $0 == " " }.count }.min() ?? 0
        return lines.map { String($0.dropFirst(margin)) }.joined(separator: "\n")
    }
}
