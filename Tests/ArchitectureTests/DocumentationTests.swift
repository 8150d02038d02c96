import Foundation
import Testing

/// What the pages say about the sources, against the sources.
struct DocumentationTests {
    @Test func everySymbolOnTheLifeOfAGroupRequestExists() throws {
        let page = try text("docs/life-of-a-group-request.md")
        let sources = try Sources()
        let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") && $0.contains("`") }
        #expect(rows.count == 16)
        for row in rows {
            let marked = row.split(separator: "`", omittingEmptySubsequences: false).enumerated()
                .filter { !$0.offset.isMultiple(of: 2) }.map { String($0.element) }
            for name in marked {
                #expect(sources.hold(name), "\(name) is not in Sources")
            }
        }
    }

    @Test func symbolThatIsNotThereIsNoticed() throws {
        let sources = try Sources()
        for name in ["GroupContext.paint", "NoSuchType", "MemberNode/Nowhere", "ReplayWindow.deliver"] {
            #expect(!sources.hold(name), "\(name)")
        }
    }

    @Test func readmeListsEveryTarget() throws {
        let rows = try text("README.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
        for floor in ModuleTable.floors
        where !["TestSupport", "gosc-plugtest", "gosc-power-cut", "gosc-join-benchmark"].contains(floor.target) {
            #expect(rows.contains { $0.contains("`\(floor.target)`") }, "\(floor.target)")
        }
    }

    @Test(arguments: [
        "README.md", "CONTRIBUTING.md", "SECURITY.md", "docs/life-of-a-group-request.md", "docs/message.md",
        "docs/laboratory.md", "docs/requests.md", "docs/state-and-keys.md", "docs/audit.md",
    ])
    func everyLinkToAFileLeadsSomewhere(page: String) throws {
        let folder = Checkout.root.appending(path: page).deletingLastPathComponent()
        for link in try text(page).matches(of: #/\]\(([^)#]+)(#[^)]*)?\)/#).map(\.output.1) where !link.contains("://")
        {
            let target = folder.appending(path: String(link))
            #expect(FileManager.default.fileExists(atPath: target.path), "\(page) links to \(link)")
        }
    }

    private func text(_ path: String) throws -> String {
        try String(contentsOf: Checkout.root.appending(path: path), encoding: .utf8)
    }
}

/// All Swift sources, to look names up in.
private struct Sources {
    private let texts: [String]

    init() throws {
        texts = try ModuleTable.floors.flatMap { try Checkout.swiftFiles(of: $0.target) }
            .map { try String(contentsOf: $0, encoding: .utf8) }
    }

    /// A path below `Sources`, a target, a type, or `Type.member`.
    func hold(_ name: String) -> Bool {
        let path = Checkout.root.appending(path: "Sources/\(name)").path
        if FileManager.default.fileExists(atPath: path) { return true }
        let parts = name.split(separator: ".")
        switch parts.count {
        case 1: return texts.contains { declares($0, "(?:struct|class|enum|protocol|actor|typealias)", parts[0]) }
        case 2:
            // In a file that declares or extends the type.
            return texts.contains {
                declares($0, "(?:struct|class|enum|protocol|actor|extension)", parts[0])
                    && declares($0, "(?:func|var|let|case)", parts[1])
            }
        default: return false
        }
    }

    private func declares(_ text: String, _ kind: String, _ name: Substring) -> Bool {
        text.range(of: "\\b\(kind) \(name)\\b", options: .regularExpression) != nil
    }
}
