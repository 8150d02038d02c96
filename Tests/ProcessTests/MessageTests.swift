import Foundation
import TestSupport
import Testing

/// `gosc message` as a process: streams, order, memory beyond a run, and the page about it.
@Suite(.timeLimit(.minutes(2)))
struct MessageProcessTests {
    private static let context =
        #"{"master_secret":"0102030405060708090a0b0c0d0e0f10","sender_id":"","recipient_id":"01"}"#
    private static let plain = "44015d1f00003974396c6f63616c686f737483747631"

    private func protect(_ number: Int) -> String {
        #"{"op":"protect","direction":"request","partial_iv":\#(number),"context":\#(Self.context),"message":"\#(Self.plain)"}"#
    }

    private func unprotect(_ message: String) -> String {
        #"{"op":"unprotect","direction":"request","me":"01","context":\#(Self.context),"message":"\#(message)"}"#
    }

    private func message(_ gosc: GoscProgram, _ number: Int) throws -> String {
        let outcome = try gosc.run(["message", "protect"], input: protect(number))
        #expect(outcome.exitCode == 0)
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    @Test func batchAnswersEachLineInOrder() throws {
        let gosc = try GoscProgram()
        let messages = try (0..<3).map { try message(gosc, $0) }
        #expect(Set(messages).count == 3)
        let lines = [
            unprotect(messages[2]), "broken", "", unprotect(messages[0]), String(repeating: "x", count: 1_100_000),
            unprotect(messages[1]),
        ]
        let outcome = try gosc.run(["message", "batch"], input: lines.joined(separator: "\n"))
        #expect(outcome.exitCode == 0 && outcome.errors.isEmpty)
        let answers = outcome.output.split(separator: "\n")
        let ends = [#""partial_iv":2}"#, "json", "json", #""partial_iv":0}"#, "longer than", #""partial_iv":1}"#]
        #expect(answers.count == lines.count)
        for (answer, end) in zip(answers, ends) { #expect(answer.contains(end), "\(answer)") }
    }

    @Test func batchEndsQuietlyWhenNobodyReadsOn() throws {
        let gosc = try GoscProgram()
        let file = try gosc.file("lines")
        try Data(String(repeating: protect(1) + "\n", count: 5000).utf8).write(to: file)
        let shell = Process()
        shell.executableURL = URL(fileURLWithPath: "/bin/bash")
        shell.arguments = [
            "-c",
            #""$0" message batch "$1" 2> "$1.errors" | head -n 1 > /dev/null; echo "${PIPESTATUS[0]}" > "$1.status""#,
            GoscProgram.url.path, file.path,
        ]
        try shell.run()
        shell.waitUntilExit()
        #expect(try String(contentsOfFile: file.path + ".status", encoding: .utf8) == "0\n")
        #expect(try String(contentsOfFile: file.path + ".errors", encoding: .utf8) == "")
    }

    /// Scripts rely on the word, not on the text.
    @Test func aProblemInJSONHasTheWordForIt() throws {
        let gosc = try GoscProgram()
        let genuine = try message(gosc, 3)
        let altered = genuine.dropLast() + (genuine.hasSuffix("0") ? "1" : "0")
        for (line, word) in [(unprotect(String(altered)), "decryption"), ("{}", "field"), ("x", "json")] {
            let outcome = try gosc.run(["message", "unprotect", "--output", "json"], input: line)
            #expect(outcome.exitCode != 0)
            #expect(outcome.errors.contains(#""error":"\#(word)""#), "\(outcome.errors)")
        }
    }

    /// The page's own example: valid with its request, not checkable without.
    @Test func aCheckSaysWhoSignedAndEndsWithOneIfItCannot() throws {
        let gosc = try GoscProgram()
        let page = try Self.page()
        let form = #/<!-- asked -->\n```json\n({\n  "op": "check",\n  "direction": "response",(?s:.*?))```/#
        let line = String(try #require(page.firstMatch(of: form)).output.1)
        let valid = try gosc.run(["message", "check"], input: line)
        #expect(valid.exitCode == 0 && valid.errors.isEmpty)
        #expect(valid.output.hasPrefix("kid  52\ngid  dd11\n"))
        let alone = line.replacing(#/"request": "[0-9a-f]*",/#, with: "")
        let unmatched = try gosc.run(["message", "check", "--output", "json"], input: alone)
        #expect(unmatched.exitCode == 1 && unmatched.output.isEmpty)
        #expect(unmatched.errors.contains(#""error":"not-checkable""#), "\(unmatched.errors)")
    }

    /// Its Sender Key stands for itself; the steps of its requests are there, and their secrets are not.
    @Test func keysOfTheDeterministicClientAreForThoseWhoAsk() throws {
        let gosc = try GoscProgram()
        let page = try Self.page()
        let draft: DraftExchange = try VectorFile.load("cacheable-oscore-draft", convertsFromSnakeCase: true)
        let senderKey = draft.request.deterministicClientSenderKey
        let key = draft.request.encryptionKey
        let derivation = #/<!-- asked -->\n```json\n({\n  "op": "derive",(?s:.*?))```/#
        let derive = String(try #require(page.firstMatch(of: derivation)).output.1)
        let derived = try gosc.run(["message", "derive"], input: derive)
        #expect(derived.exitCode == 0 && derived.errors.isEmpty)
        #expect(derived.output.contains("\ndeterministic client sender key  \(senderKey)\n"))
        let json = try gosc.run(["message", "derive", "--output", "jsonl"], input: derive)
        #expect(json.output.contains(#""deterministic_client_sender_key":"\#(senderKey)""#))

        // The page's group and the request of the draft, which are of one context.
        let reception = #/<!-- asked -->\n```json\n({\n  "op": "unprotect",(?s:[^`]*?)"me": "52",\n)/#
        let line =
            String(try #require(page.firstMatch(of: reception)).output.1)
            .replacing(#""gid": "dd11","#, with: #""gid": "dd11", "deterministic_client": "dc","#)
            + #""message":"\#(draft.request.protected)"}"#
        let explained = try gosc.run(["message", "explain"], input: line)
        #expect(explained.exitCode == 0, "\(explained.errors)")
        for step in ["deterministic_client_sender_key", "input of Request-Hash", "deterministic_key"] {
            #expect(explained.output.contains("  \(step)\n    secret, not shown"), "\(step)")
        }
        #expect(!explained.output.contains(senderKey) && !explained.output.contains(key))
        let revealed = try gosc.run(["message", "explain", "--reveal"], input: line)
        #expect(revealed.output.contains(senderKey) && revealed.output.contains("bytes  \(key)\n"))
    }

    /// The exchange that draft-ietf-core-cacheable-oscore publishes.
    private struct DraftExchange: Decodable {
        struct Request: Decodable {
            let protected, encryptionKey, deterministicClientSenderKey: String
        }
        let request: Request
    }

    private static func page() throws -> String {
        let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/message.md"), encoding: .utf8)
    }

    @Test func stateIsKeptBetweenRuns() throws {
        let gosc = try GoscProgram()
        let line = unprotect(try message(gosc, 7))
        let state = ["message", "unprotect", "--state", "memory"]
        #expect(try gosc.run(state, input: line).exitCode == 0)
        let again = try gosc.run(state, input: line)
        #expect(again.exitCode == 1 && again.errors.contains("accepted from this sender before"))
        #expect(try gosc.run(["message", "unprotect"], input: line).exitCode == 0)
        let file = gosc.folder.appending(path: "memory")
        let stored = try Data(contentsOf: file)
        #expect(!stored.isEmpty)
        #expect(try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? Int == 0o600)
        // A crash in the middle of a write costs the event that was being written.
        try stored.dropLast().write(to: file)
        #expect(try gosc.run(state, input: line).exitCode == 0)
        #expect(try Data(contentsOf: file) == stored)
    }

    @Test func pageWorksLineByLine() throws {
        let gosc = try GoscProgram()
        let page = try Self.page()
        let block = try #require(page.firstMatch(of: #/<!-- messages[^\n]*-->\n```sh\n((?s:.*?))```/#)).output.1
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = ["-euc", String(block)]
        process.currentDirectoryURL = gosc.folder
        process.environment = ["PATH": GoscProgram.url.deletingLastPathComponent().path + ":/usr/bin:/bin"]
        let report = try gosc.file("report")
        let output = try FileHandle(forWritingTo: report)
        process.standardOutput = output
        process.standardError = output
        process.standardInput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        let text = try String(contentsOf: report, encoding: .utf8)
        #expect(process.terminationStatus == 0, "\(text)")
        for shown in ["Uri-Host", "external_aad", "not shown; --reveal", #""ok": true"#, "valve-9"] {
            #expect(text.contains(shown), "\(shown): \(text)")
        }
        #expect(!text.contains("0102030405060708090a0b0c0d0e0f10"))
    }
}
