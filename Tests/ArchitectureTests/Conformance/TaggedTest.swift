import Foundation

/// A test that names requirements in its trait.
struct TaggedTest: Hashable, Sendable {
    /// The test target, which is the folder below `Tests`.
    let target: String
    /// The suite, a nested one behind a slash; empty for a free function.
    let suite: String
    /// The test function; `nil` if the whole suite is tagged.
    let function: String?
    /// The file, as seen from the root of the checkout.
    let file: String
    let ids: [String]

    var name: String { [suite, function ?? ""].filter { !$0.isEmpty }.joined(separator: "/") }

    /// What `swift test --filter` takes to run this test and no other.
    var filter: String {
        let name = NSRegularExpression.escapedPattern(for: name)
        return "^\(target)\\.\(name)" + (function == nil ? "/" : "(\\(|$|/)")
    }
}

extension TaggedTest {
    /// Every tagged test of the checkout, in the order of the files.
    static func all() throws -> [TaggedTest] {
        try Checkout.swiftFiles(below: "Tests").flatMap { file in
            let path = Checkout.relativePath(of: file)
            return try all(in: String(contentsOf: file, encoding: .utf8), file: path)
        }
    }

    /// The tagged tests of one source.
    static func all(in source: String, file: String) -> [TaggedTest] {
        guard source.contains(".requirement(") else { return [] }
        let target = file.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        var reader = TestTagReader(SwiftText(source))
        return reader.read().map {
            TaggedTest(target: target, suite: $0.suite, function: $0.function, file: file, ids: $0.ids)
        }
    }
}
