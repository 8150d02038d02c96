import Bytes
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

// Steps that many tests take. Each says where it failed, so that a broken step is not taken for the rule under test.

extension GroupContext {
    /// Verifies a request that must be genuine and new.
    func received(_ message: Message, sourceLocation: SourceLocation = #_sourceLocation) throws
        -> GroupOSCORE.VerifiedRequest
    {
        let body = message.body
        let verdict = verifyRequest(try ProtectedMessage(body.span))
        guard case .verified(let request) = verdict else {
            Issue.record("not verified: \(verdict.name)", sourceLocation: sourceLocation)
            throw BenchError.notVerified
        }
        return request
    }

    /// What verifying a request says, in a word.
    func judged(_ message: Message) throws -> String {
        let body = message.body
        return verifyRequest(try ProtectedMessage(body.span)).name
    }

    /// Verifies a response that must be genuine.
    func answered(_ message: Message, to binding: GroupRequestBinding) throws -> GroupOSCORE.VerifiedResponse {
        let body = message.body
        return try verifyResponse(try ProtectedMessage(body.span), to: binding).get()
    }
}

enum BenchError: Error {
    case notVerified
}

extension GroupOSCORE.RequestVerdict {
    /// The case, and the failure where there is one.
    var name: String {
        switch self {
        case .verified: "verified"
        case .unproven: "unproven"
        case .replay: "replay"
        case .rejected(let failure): "\(failure)"
        }
    }
}

extension Message {
    /// The decoded fields of the OSCORE option.
    struct Fields: Equatable {
        var isGroupMode: Bool
        var partialIV: UInt64?
        var kid: String?
        var groupID: String?
    }

    var fields: Fields {
        get throws {
            let value = try #require(options.first(of: .oscore))
            let option = try OSCOREOption(value.span)
            var fields = Fields(isGroupMode: option.isGroupMode, partialIV: option.partialIV?.value)
            if let kid = option.kid { fields.kid = Hex.encode([UInt8](copying: kid)) }
            if let groupID = option.kidContext { fields.groupID = Hex.encode([UInt8](copying: groupID)) }
            return fields
        }
    }

    static let on = Message(code: .put, options: Options(), payload: Array("on".utf8))
    static let done = Message(code: .changed, options: Options(), payload: Array("done".utf8))
}
