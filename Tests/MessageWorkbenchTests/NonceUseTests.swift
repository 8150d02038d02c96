import Bytes
import TestSupport
import Testing

@testable import MessageWorkbench

/// Lines that remember never protect two messages under one key and nonce.
struct NonceUseTests {
    private func partialIV(_ line: JSONObject, _ workbench: Workbench) throws -> JSONValue {
        let answer = workbench.answer(line.bytes)
        let message = try #require(answer["message"]?.textValue, "\(JSONValue.object(answer).line)")
        let decode: JSONObject = ["op": "decode", "message": .text(message)]
        let decoded = workbench.answer(decode.bytes)
        return try #require(decoded["oscore"]?.objectValue?["partial_iv"])
    }

    private func outcome(_ line: JSONObject, _ workbench: Workbench) -> String {
        let answer = workbench.answer(line.bytes)
        return answer["ok"] == .bool(true) ? "ok" : answer["error"]?.textValue ?? "?"
    }

    /// Sender Key and Common IV do not depend on the peer.
    @Test(.requirement("OSC-0069")) func twoPairsWithOneSenderKeyShareTheirNumbers() throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(Sample.pairRequest).protect.with(["partial_iv": nil])
        #expect(try partialIV(line, workbench) == .integer(0))
        #expect(try partialIV(line.with("context.recipient_id", .text("05")), workbench) == .integer(1))
        // Another Sender Key begins at 0.
        #expect(try partialIV(line.with("context.id_context", .text("05")), workbench) == .integer(0))
    }

    /// HKDF takes a salt with zeros behind it for the same salt.
    @Test(.requirement("OSC-0069")) func twoSpellingsOfOneKeyShareTheirNumbers() throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(Sample.pairRequest).protect.with(["partial_iv": nil])
        let salt = try #require(line["context"]?.objectValue?["master_salt"]?.textValue)
        #expect(try partialIV(line, workbench) == .integer(0))
        #expect(try partialIV(line.with("context.master_salt", .text(salt + "00")), workbench) == .integer(1))
    }

    /// Sender Keys of a group do not depend on the algorithms of the other mode.
    @Test(.requirement("OSC-0069", "GOSC-0077")) func twoGroupsWithOneSenderKeyShareTheirNumbers() throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(Sample.groupRequest).protect.with(["partial_iv": nil])
        #expect(try partialIV(line, workbench) == .integer(0))
        let other = line.with("context.algs.key_agreement", nil).with("context.algs.pairwise", nil)
        #expect(try partialIV(other, workbench) == .integer(1))
        let pairwise = try Sample.vector(Sample.pairwiseRequest).protect.with([
            "partial_iv": nil, "context": line["context"], "me": line["me"],
        ])
        if pairwise["peer"] != line["me"] { #expect(try partialIV(pairwise, workbench) == .integer(2)) }
        #expect(try partialIV(line.with("context.gid", .text("aa")), workbench) == .integer(0))
    }

    /// The nonce of a request is given away once, also beyond the run.
    @Test(.requirement("OSC-0069", "GOSC-0169"), arguments: [Sample.pairResponse, "A group-response-nopiv"])
    func twoResponsesUnderTheNonceOfOneRequestAreRefused(name: String) throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(name).protect.with(["partial_iv": nil])
        #expect(outcome(line, workbench) == "ok")
        let message = try #require(line["message"]?.textValue)
        let other = line.with(["message": .text(message.dropLast() + (message.last == "0" ? "1" : "0"))])
        #expect(outcome(other, workbench) == "field")
        let later = Workbench(remembersByDefault: true)
        let stored = workbench.takeMemory()
        #expect(try later.restoreMemory(stored) == stored.count)
        #expect(outcome(other, later) == "field")
        #expect(outcome(other.with(["partial_iv": .integer(0)]), later) == "ok")
        #expect(outcome(other.with(["remember": .bool(false)]), later) == "ok")
        // Another request has another nonce.
        #expect(outcome(other.with("request.partial_iv", .integer(99)), later) == "ok")
    }

    @Test(.requirement("OSC-0069"), arguments: [Sample.groupRequest, Sample.pairRequest, Sample.groupResponse])
    func aRememberedNumberIsNotUsedAgain(name: String) throws {
        let workbench = Workbench(remembersByDefault: true)
        let line = try Sample.vector(name).protect
        let numbers = [7, 7, 6, 8, 8].map { outcome(line.with(["partial_iv": .integer($0)]), workbench) }
        #expect(numbers == ["ok", "field", "field", "ok", "field"])
        #expect(outcome(line.with(["partial_iv": .integer(7), "remember": .bool(false)]), workbench) == "ok")
    }
}
