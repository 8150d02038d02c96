import TestSupport
import Testing

@testable import MessageWorkbench

/// The group vectors as lines that ask for a check: contexts without Master Secret and without any private key.
struct CheckCase: Sendable, CustomTestStringConvertible {
    let vector: VectorCase
    let isRequest: Bool
    let gid: String
    /// `nil` where the response does not answer a request of the vectors.
    let request: VectorCase?
    /// The line, with the request of a response as an object.
    let line: JSONObject

    var testDescription: String { vector.name }

    /// The line with the request of a response as it passed by, where both are under one Gid.
    var lineWithMessage: JSONObject? {
        guard let request, gid == "dd11" else { return nil }
        return line.with(["request": .text(request.protected)])
    }

    /// The line that checks and remembers the request of a response.
    var requestLine: JSONObject? { request.flatMap { try? CheckCase($0).line.with(["remember": .bool(true)]) } }
}

extension CheckCase {
    init(_ vector: VectorCase, signatureEncryptionKey: String? = nil) throws {
        let file = try GroupVectorTests.file.get()
        let suite = try #require(file.suites.first { vector.name.hasPrefix($0.id + " ") })
        let member = try #require(vector.unprotect["context"]?.objectValue)
        let gid = try #require(member["gid"]?.textValue)
        let isRekeyed = gid != file.group.gid
        // The file has the key after a rekeying for one suite only; deriving it is proved elsewhere.
        let known = isRekeyed ? suite.afterRekey?.keys?.signatureEncryptionKey : suite.keys.signatureEncryptionKey
        let key: JSONValue? = try known.map { .text($0) } ?? Self.derivedKey(member)
        let members = (member["members"]?.arrayValue ?? []).compactMap(\.objectValue)
        let context = member.with([
            "master_secret": nil, "master_salt": nil,
            "signature_encryption_key": signatureEncryptionKey.map { .text($0) } ?? key ?? .null,
            "previous_gid": isRekeyed ? .text(file.group.gid) : .null,
            "members": .array(members.map { .object($0.with(["private_key": nil])) }),
        ])
        self.vector = vector
        self.gid = gid
        self.isRequest = vector.unprotect["direction"] == "request"
        let answered = suite.messages.first { "\(suite.id) \($0.name)" == vector.name }?.request
        self.request = GroupVectorTests.cases.first { $0.name == "\(suite.id) \(answered ?? "-")" }
        self.line = vector.unprotect.with(["op": "check", "context": .object(context), "me": nil])
    }

    private static func derivedKey(_ context: JSONObject) throws -> JSONValue? {
        let answer = Workbench().answer((["op": "derive", "context": .object(context)] as JSONObject).bytes)
        return answer["signature_encryption_key"]
    }

    static func named(_ name: String) throws -> Self { try Self(Sample.vector(name)) }

    /// All messages in group mode, of all suites.
    static let signed = GroupVectorTests.cases.filter { $0.mode == "group" }.compactMap { try? Self($0) }
    /// All messages in pairwise mode of groups that have group mode as well.
    static let pairwise = GroupVectorTests.cases.filter { $0.mode == "pairwise" && !$0.name.hasPrefix("F ") }
        .compactMap { try? Self($0) }
}

extension JSONObject {
    /// What an answer comes to: `"ok"`, or the word of its error.
    var outcome: String { self["ok"] == .bool(true) ? "ok" : self["error"]?.textValue ?? "?" }
}

extension Workbench {
    func outcome(_ line: JSONObject) -> String { answer(line.bytes).outcome }
}
