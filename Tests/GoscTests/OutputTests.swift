import Foundation
import Logging
import ServiceShell
import Testing

@testable import gosc

struct OutputTests {
    @Test(arguments: [
        (["--output", "json"], OutputFormat.json), (["a", "--output=jsonl", "b"], .jsonl), ([], .table),
        (["--output"], .table), (["--output", "xml"], .table), (["--", "--output", "json"], .table),
    ])
    func errorsTakeTheFormThatWasAskedFor(arguments: [String], format: OutputFormat) {
        #expect(OutputFormat.requested(in: arguments) == format)
    }

    @Test func failureIsOneLine() {
        let failure = CommandFailure(.refused, "first\nsecond", hint: "do\tthis")
        #expect(failure.line == "first second; do\\u{9}this")
    }

    @Test func problemDetailsHaveTheAgreedKeys() {
        let problem = ProblemReport(title: "refused or failed", detail: "no group x", exitCode: 1)
        #expect(JSONText.line(problem) == #"{"detail":"no group x","exit_code":1,"title":"refused or failed"}"#)
    }

    @Test func everyExitCodeHasATitleOfItsOwn() {
        let codes = (Int32(0)...127).compactMap(ServiceShell.ExitCode.init(rawValue:))
        #expect(codes.count == 12)
        #expect(Set(codes.map(\.title)).count == codes.count)
    }

    @Test func logLinesAreTextOrJSON() throws {
        let moment = Date(timeIntervalSince1970: 0)
        let text = StandardErrorLog.line(
            .text, time: moment, level: .warning, label: "gosc.node", message: "replay", fields: ["b": "2", "a": "1\n"])
        #expect(text == "1970-01-01T00:00:00Z warning gosc.node: replay a=1\\u{a} b=2\n")
        let json = StandardErrorLog.line(
            .json, time: moment, level: .info, label: "gosc.node", message: "x", fields: ["a": "1"])
        #expect(
            json == #"{"fields":{"a":"1"},"level":"info","logger":"gosc.node","message":"x","#
                + #""time":"1970-01-01T00:00:00Z"}"# + "\n")
    }

    @Test(arguments: [
        (["gosc", "node", "join", "gosc1:abc"], true), (["node", "join", "--x=GOSC1:abc"], true),
        (["node", "join"], false),
    ])
    func invitationOnTheCommandLineIsAUsageError(arguments: [String], isRefused: Bool) {
        #expect(EntryPoint.holdsSecret(arguments) == isRefused)
    }
}
