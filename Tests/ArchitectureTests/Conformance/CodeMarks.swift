import Foundation

/// Where the sources name a requirement in a comment.
struct CodeMarks {
    /// The files of each id, as seen from the root of the checkout, in their order.
    let files: [String: [String]]

    init() throws {
        var files: [String: [String]] = [:]
        for file in try Checkout.swiftFiles(below: "Sources") {
            let path = Checkout.relativePath(of: file)
            for id in try Self.ids(inCommentsOf: String(contentsOf: file, encoding: .utf8)) {
                files[id, default: []].append(path)
            }
        }
        self.files = files
    }

    static func ids(inCommentsOf source: String) -> Set<String> {
        // Most files name none, and reading Swift takes longer than asking.
        guard !RequirementID.all(in: source).isEmpty else { return [] }
        return Set(RequirementID.all(in: SwiftText(source).text(.comment)))
    }
}
