import ACEGroupcomm
import Foundation
import TestSupport
import Testing

/// Command × cause → exit code and message: `CommandTable/commands.json`.
@Suite(.timeLimit(.minutes(2)))
struct CommandTableProcessTests {
    // The second manager in one directory is among them.
    @Test(.requirement("GM-0497"), arguments: try CommandCase.all())
    func failureHasItsExitCodeAndOneClearLine(_ command: CommandCase) throws {
        let gosc = try GoscProgram()
        let stage = try Stage(command, gosc)
        defer { stage.tearDown() }

        for form in command.tablesOnly == true ? ["table"] : ["table", "json"] {
            // Data goes nowhere, and the same failure comes twice: the first has changed nothing.
            let outcome = try gosc.run(
                stage.arguments + ["--output", form].filter { _ in form != "table" },
                input: command.stdin ?? "")
            #expect(outcome.exitCode == command.exitCode, "\(outcome.errors)")
            #expect(outcome.output == "")
            let line = try form == "table" ? outcome.errors : Problem(outcome.errors, command).line
            #expect(line.last == "\n" && line.dropLast().allSatisfy { !$0.isNewline }, "one line: \(line)")
            #expect(try Regex(command.message).wholeMatch(in: line.dropLast()) != nil, "\(line)")
            if let secret = stage.invitation { #expect(!outcome.errors.contains(secret.dropFirst(6).prefix(20))) }
        }
        for path in command.absent ?? [] {
            #expect(!FileManager.default.fileExists(atPath: gosc.folder.appending(path: path).path), "\(path)")
        }
    }

    @Test func tableNamesEachCaseOnce() throws {
        let names = try CommandCase.all().map(\.name)
        #expect(names.count > 30)
        #expect(Set(names).count == names.count)
    }
}

/// One row of the table.
struct CommandCase: Decodable, Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [String]
    let exitCode: Int32
    /// A regular expression of the whole line.
    let message: String
    let stdin: String?
    /// Whether the error would be another one with `--output json`.
    let tablesOnly: Bool?
    /// Files with their texts.
    let files: [String: String]?
    /// Sealing keys to be made.
    let keys: [String]?
    /// `good`, `expired`, `mistyped` or `truncated`: what `invitation.txt` holds.
    let invitation: String?
    /// Whether a manager with the group demo-lights runs.
    let manager: Bool?
    /// Commands that succeed before.
    let before: [[String]]?
    /// What must not be there afterwards.
    let absent: [String]?

    var testDescription: String { name }

    static func all() throws -> [Self] {
        let url = try #require(Bundle.module.url(forResource: "CommandTable/commands", withExtension: "json"))
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode([Self].self, from: Data(contentsOf: url))
    }
}

/// What a case needs to find.
private struct Stage {
    let arguments: [String]
    let invitation: String?
    private let service: GoscProgram.Service?

    init(_ command: CommandCase, _ gosc: GoscProgram) throws {
        let port = try FreePort.udp()
        invitation = command.invitation.map { Self.invitation($0, port: port) }
        var files = command.files ?? [:]
        files["invitation.txt"] = invitation
        for (name, text) in files { try Data(text.utf8).write(to: gosc.folder.appending(path: name)) }
        for (index, name) in (command.keys ?? []).enumerated() {
            let file = gosc.folder.appending(path: name)
            try Data(repeating: UInt8(index), count: 32).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        }
        let fill = { [invitation] (words: [String]) in
            words.map {
                $0.replacing("{port}", with: String(port)).replacing("{invitation}", with: invitation ?? "")
            }
        }
        arguments = fill(command.arguments)
        if command.manager == true {
            try Data("name: demo-lights".utf8).write(to: gosc.folder.appending(path: "demo-lights.yaml"))
            try Self.succeed(gosc, ["manager", "init", "--group", "demo-lights.yaml"])
            service = try gosc.start(["manager", "run", "--bind", "::1", "--port", String(port)])
            try Self.succeed(gosc, ["group", "list", "--wait", "60s"])
        } else {
            service = nil
        }
        for words in command.before ?? [] { try Self.succeed(gosc, fill(words)) }
    }

    func tearDown() {
        guard let service else { return }
        #expect(service.stop() == 0)
    }

    private static func succeed(_ gosc: GoscProgram, _ arguments: [String]) throws {
        let outcome = try gosc.run(arguments)
        try #require(outcome.exitCode == 0, "gosc \(arguments.joined(separator: " ")): \(outcome.errors)")
    }

    private static func invitation(_ kind: String, port: UInt16) -> String {
        let text = Invitation(
            managerAddress: "[::1]:\(port)", masterSecret: [UInt8](repeating: 7, count: 16),
            clientSenderID: [UInt8](repeating: 1, count: 7), managerSenderID: [0], groupName: "demo-lights",
            nodeName: "lamp-1", roles: .responder, managerCredentialHash: [UInt8](repeating: 9, count: 32),
            expiry: kind == "expired" ? 1 : 1 << 40
        ).text
        switch kind {
        case "truncated": return String(text.dropLast(30))
        case "mistyped": return text.prefix(60) + (text.dropFirst(60).first == "a" ? "b" : "a") + text.dropFirst(61)
        default: return text
        }
    }
}

/// Problem details as `--output json` shows them.
private struct Problem: Decodable {
    let title: String
    let detail: String
    let exitCode: Int32

    /// The line that people would see.
    let line: String

    enum CodingKeys: String, CodingKey {
        case title, detail, exitCode
    }

    init(_ text: String, _ command: CommandCase) throws {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        self = try decoder.decode(Self.self, from: Data(text.utf8))
        #expect(exitCode == command.exitCode)
        #expect(!title.isEmpty)
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        title = try container.decode(String.self, forKey: .title)
        detail = try container.decode(String.self, forKey: .detail)
        exitCode = try container.decode(Int32.self, forKey: .exitCode)
        line = "gosc: \(detail)\n"
    }
}
