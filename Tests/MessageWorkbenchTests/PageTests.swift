import Foundation
import Testing

@testable import MessageWorkbench

/// The examples of docs/message.md, as they stand there.
struct PageTests {
    private func page() throws -> String {
        let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
            .deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/message.md"), encoding: .utf8)
    }

    @Test func everyExampleIsAnsweredAsThePageSays() throws {
        let form = #/<!-- asked -->\n```json\n((?s:.*?))```\n<!-- answered -->\n```json\n(.*)\n```/#
        let examples = try page().matches(of: form)
        #expect(examples.count == 9)
        for example in examples {
            let answer = Workbench().answer(Array(example.output.1.utf8))
            #expect(JSONValue.object(answer).line == String(example.output.2))
        }
    }

    @Test func everyErrorStandsOnThePage() throws {
        let page = try page()
        for kind in WorkbenchFailure.Kind.allCases { #expect(page.contains("\n| `\(kind.rawValue)` |"), "\(kind)") }
        for operation in Workbench.Operation.allCases {
            #expect(page.contains("| `gosc message \(operation.rawValue)` |"), "\(operation)")
        }
    }
}
