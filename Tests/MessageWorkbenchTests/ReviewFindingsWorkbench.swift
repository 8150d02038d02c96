import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

// Each test states what should hold; it fails where a review found that it does not.

struct ReviewFindingsWorkbench {
    private func partialIV(_ line: JSONObject, _ workbench: Workbench) throws -> JSONValue {
        let answer = workbench.answer(line.bytes)
        let message = try #require(answer["message"]?.textValue, "\(JSONValue.object(answer).line)")
        let decode: JSONObject = ["op": "decode", "message": .text(message)]
        let decoded = workbench.answer(decode.bytes)
        return try #require(decoded["oscore"]?.objectValue?["partial_iv"])
    }

    /// Sender Key and Common IV do not depend on the peer; the numbers that are remembered do.
    @Test func twoPairsWithOneSenderKeyShareTheirNumbers() throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(Sample.pairRequest).protect.with(["partial_iv": nil])
        let first = try partialIV(line, workbench)
        let second = try partialIV(line.with("context.recipient_id", .text("05")), workbench)
        #expect(first != second, "one key and one nonce for two messages")
    }

    /// Sender Keys of a group do not depend on the Pairwise Key Agreement Algorithm.
    @Test func twoGroupsWithOneSenderKeyShareTheirNumbers() throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(Sample.groupRequest).protect.with(["partial_iv": nil])
        let first = try partialIV(line, workbench)
        let other = line.with("context.algs.key_agreement", nil).with("context.algs.pairwise", nil)
        let second = try partialIV(other, workbench)
        #expect(first != second, "one key and one nonce for two messages")
    }

    /// The nonce of a request is given away once, also here.
    @Test func twoResponsesUnderTheNonceOfOneRequestAreRefused() throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(Sample.pairResponse).protect.with(["partial_iv": nil])
        #expect(workbench.answer(line.bytes)["ok"] == .bool(true))
        let message = try #require(line["message"]?.textValue)
        let other = line.with(["message": .text(message.dropLast() + (message.last == "0" ? "1" : "0"))])
        #expect(workbench.answer(other.bytes)["ok"] == .bool(false), "two plaintexts under one nonce")
    }

    /// A number that is remembered as used is not used again because a line names it.
    @Test func aRememberedNumberIsNotUsedAgain() throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(Sample.groupRequest).protect.with(["partial_iv": .integer(7)])
        #expect(workbench.answer(line.bytes)["ok"] == .bool(true))
        #expect(workbench.answer(line.bytes)["ok"] == .bool(false))
    }
}
