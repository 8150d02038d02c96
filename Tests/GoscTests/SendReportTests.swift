import Foundation
import ServiceShell
import Testing

@testable import gosc

struct SendReportTests {
    private func row(_ name: String, _ code: String) -> SendRow {
        SendRow(
            name: name, senderID: "00", code: code, isSuccess: code.hasPrefix("2"), answer: "on",
            latencyMilliseconds: 2.5)
    }

    /// The service has no public initialiser: what travels over the control socket is JSON.
    private func summary(expected: Int, answered: Int, missing: [String]) throws -> SendSummary {
        let names = missing.map { "\"\($0)\"" }.joined(separator: ",")
        return try decode(
            """
            {"datagramsSent":1,"expected":\(expected),"answered":\(answered),"missing":[\(names)],"leisure":1200000,
            "deadline":2000000000,"overhead":83,"datagramLength":106}
            """)
    }

    @Test func allAnswered() throws {
        let verdict = SendVerdict(
            rows: [row("a", "2.04"), row("b", "2.04")],
            summary: try summary(expected: 2, answered: 2, missing: []))
        #expect(verdict.exitCode == .done)
        #expect(verdict.line("lights") == "2 of 2 responders of lights did it")
    }

    @Test func someAreMissing() throws {
        let verdict = SendVerdict(
            rows: [row("a", "2.04"), SendRow(missing: "b")],
            summary: try summary(expected: 2, answered: 1, missing: ["b"]))
        #expect(verdict.exitCode == .partial)
        #expect(verdict.line("lights") == "1 of 2 responders of lights did it, 1 did not answer")
    }

    @Test func someRefused() throws {
        let verdict = SendVerdict(
            rows: [row("a", "2.04"), row("b", "4.00")],
            summary: try summary(expected: 2, answered: 2, missing: []))
        #expect(verdict.exitCode == .partial)
        #expect(verdict.line("lights") == "1 of 2 responders of lights did it, 1 refused")
    }

    @Test func noneAnsweredOrAllRefused() throws {
        let silent = SendVerdict(
            rows: [SendRow(missing: "a")], summary: try summary(expected: 1, answered: 0, missing: ["a"]))
        #expect(silent.exitCode == .refused)
        #expect(silent.line("lights").hasPrefix("0 of 1 responder of lights did it, 1 did not answer; check "))
        let refused = SendVerdict(
            rows: [row("a", "4.04")], summary: try summary(expected: 1, answered: 1, missing: []))
        #expect(refused.exitCode == .refused)
    }

    @Test func groupWithoutRespondersIsNoSuccess() throws {
        let verdict = SendVerdict(rows: [], summary: try summary(expected: 0, answered: 0, missing: []))
        #expect(verdict.exitCode == .refused)
        #expect(verdict.line("lights").contains("has no responder"))
    }

    @Test func answersAreShown() throws {
        #expect(row("lamp-1", "2.04").cells == ["lamp-1", "00", "2.04", "2.50 ms", "on"])
        #expect(SendRow(missing: "lamp-2").cells == ["lamp-2", "–", "–", "–", "no answer"])
    }

    private func decode<Value: Decodable>(_ json: String) throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(json.utf8))
    }
}
