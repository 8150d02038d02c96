import Testing

@testable import MessageWorkbench

/// Lines that other tests vary: one of each kind, from the vectors.
enum Sample {
    static func vector(_ name: String) throws -> VectorCase {
        try #require((GroupVectorTests.cases + PairVectorTests.cases).first { $0.name == name })
    }

    static let groupRequest = "A group-request-piv258"
    static let groupResponse = "A group-response-piv5"
    static let pairwiseRequest = "A pairwise-request"
    static let pairwiseResponse = "A pairwise-response-empty-option"
    static let pairRequest = "C.4"
    static let pairResponse = "C.7"
    static let all = [groupRequest, groupResponse, pairwiseRequest, pairwiseResponse, pairRequest, pairResponse]
}

extension JSONObject {
    /// The same with another value deep inside: `"context.algs.sign"`.
    func with(_ path: String, _ value: JSONValue?) -> JSONObject {
        guard let dot = path.firstIndex(of: ".") else { return with([path: value]) }
        let name = String(path[..<dot])
        let inner = self[name]?.objectValue ?? JSONObject()
        return with([name: .object(inner.with(String(path[path.index(after: dot)...]), value))])
    }

    /// The same with members of the group changed.
    func withMembers(_ change: (JSONObject) -> JSONObject?) -> JSONObject {
        let members = self["context"]?.objectValue?["members"]?.arrayValue ?? []
        let changed = members.compactMap { $0.objectValue.flatMap(change) }.map { JSONValue.object($0) }
        return with("context.members", .array(changed))
    }
}
