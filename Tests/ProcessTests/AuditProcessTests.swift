import Foundation
import TestSupport
import Testing

/// The audit record from the command line, beside a manager that runs and without one.
@Suite(.timeLimit(.minutes(3)))
struct AuditProcessTests {
    @Test(.requirement("GM-0486", "GM-0489"))
    func whatHasChangedIsListedExportedAndVerified() throws {
        let gosc = try GoscProgram()
        let port = try FreePort.udp()
        try Data("name: lights\ndescription: Cellar\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
        let service = try gosc.start(["manager", "run", "--bind", "::1", "--port", String(port)])
        try gosc.succeed("group list --wait 60s")
        try gosc.succeed("member invite lights lamp-1 --role responder --out lamp-1.txt")
        try gosc.succeed("node join --state lamp --invitation-file lamp-1.txt")
        let kinds = try Self.kinds(gosc.succeed("audit list --output jsonl").output)
        #expect(
            kinds == [
                "manager-created", "token-keys-created", "group-created", "invitation-made", "invitation-used",
                "member-joined",
            ])
        #expect(try Self.kinds(gosc.succeed("audit list --group lights --since 5 --output jsonl").output).count == 2)
        #expect(try Self.kinds(gosc.succeed("audit tail --limit 1 --output jsonl").output) == ["member-joined"])
        let nobody = try gosc.succeed("audit list --group lifts")
        #expect(nobody.errors == "gosc: there is no record of a group named lifts\n")
        let table = try gosc.succeed("audit list --since 1h").output
        #expect(table.contains(#/keys_expire=20[0-9-]+T[0-9:]+Z/#))
        #expect(table.contains("member-joined") && table.contains("lamp-1") && table.contains("description=Cellar"))
        // Nothing is signed so far, and the verification says so.
        #expect(try gosc.succeed("audit verify").output.contains("no record is signed"))
        try gosc.succeed("audit export --out kept.jsonl")
        let attributes = try FileManager.default.attributesOfItem(
            atPath: gosc.folder.appending(path: "kept.jsonl").path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try gosc.succeed("audit verify kept.jsonl --require-signed").output.contains("up to record 6"))
        try gosc.succeed("node leave --state lamp")
        #expect(service.stop() == 0)

        // What came since is there, and not signed: nobody runs who could.
        let outcome = try gosc.succeed("audit export --redacted --out redacted.jsonl")
        #expect(outcome.errors.contains("no manager is running"))
        let verified = try gosc.succeed("audit verify redacted.jsonl --checkpoint kept.jsonl").output
        #expect(verified.contains("records behind 6 are not signed"))
        let unsigned = try gosc.run(["audit", "verify", "redacted.jsonl", "--require-signed"])
        #expect(unsigned.exitCode == 1 && unsigned.output == "", "\(unsigned.errors)")
        #expect(unsigned.errors.contains("records behind 6 are not signed, of 8"), "\(unsigned.errors)")
        #expect(verified.contains("records behind 6 may have been cut off"))
        let redacted = try Self.text("redacted.jsonl", gosc)
        let full = try Self.text("kept.jsonl", gosc)
        // GM-0489
        for word in ["Cellar", "credential_hash", "\"client\"", "\"salt\""] {
            #expect(full.contains(word) && !redacted.contains(word), "\(word)")
        }
        let forged = full.replacing("lamp-1", with: "lamp-2")
        try Data(forged.utf8).write(to: gosc.folder.appending(path: "forged.jsonl"))
        let refused = try gosc.run(["audit", "verify", "forged.jsonl"])
        #expect(refused.exitCode == 1 && refused.errors.contains("record 4 was altered"))
    }

    /// What comes is shown as it comes.
    @Test(.requirement("GM-0486"))
    func whoeverFollowsSeesWhatComes() throws {
        let gosc = try GoscProgram()
        let port = try FreePort.udp()
        try gosc.succeed("manager init")
        let service = try gosc.start(["manager", "run", "--bind", "::1", "--port", String(port)])
        try gosc.succeed("manager status --wait 60s")
        let outcome = try gosc.run(
            ["audit", "tail", "--follow", "--output", "jsonl"], interruptedBehind: "token-revoked",
            afterFirstOutput: { try gosc.succeed("manager revoke 0102") })
        #expect(try Self.kinds(outcome.output) == ["manager-created", "token-keys-created", "token-revoked"])
        #expect(outcome.exitCode == 130)
        #expect(service.stop() == 0)
    }

    /// The program on the page for operators verifies what was exported, and finds what was altered.
    @Test(.present("python3", of: "python3"))
    func theProgramOnThePageVerifiesAnExport() throws {
        let gosc = try GoscProgram()
        try Data("name: lights\n".utf8).write(to: gosc.folder.appending(path: "lights.yaml"))
        try gosc.succeed("manager init --group lights.yaml")
        try gosc.succeed("audit export --out export.jsonl")
        try gosc.succeed("audit export --redacted --out redacted.jsonl")
        let page = try String(contentsOf: PageSession.root.appending(path: "docs/audit.md"), encoding: .utf8)
        let program = try #require(page.firstMatch(of: #/```python\n((?s:.*?))```/#)).output.1
        try Data(program.utf8).write(to: gosc.folder.appending(path: "verify.py"))
        for name in ["export.jsonl", "redacted.jsonl"] {
            #expect(try Self.python(gosc, "verify.py", name) == "3 records follow from each other\n")
        }
        let altered = try Self.text("export.jsonl", gosc).replacing("lights", with: "lifts")
        try Data(altered.utf8).write(to: gosc.folder.appending(path: "export.jsonl"))
        #expect(try Self.python(gosc, "verify.py", "export.jsonl") == "record 3 was altered\n")
    }

    /// What somebody has removed from the database without touching a hash.
    @Test(.present("python3", of: "python3"))
    func whatIsMissingInTheDatabaseIsFoundAndNotExportedAsIfItWereWhole() throws {
        let gosc = try Self.withManyRecords()
        try Self.change(gosc, "update audit_record set confidential = null where sequence > 3")
        let verified = try gosc.run(["audit", "verify"])
        #expect(verified.exitCode == 1 && verified.output == "")
        #expect(
            verified.errors.contains(#/parts of \d+ records were removed, the first of them that of/#),
            "\(verified.errors)")
        let export = try gosc.run(["audit", "export", "--out", "export.jsonl"])
        #expect(export.exitCode == 1 && export.errors.contains("the confidential part of record"), "\(export.errors)")
        #expect(!FileManager.default.fileExists(atPath: gosc.folder.appending(path: "export.jsonl").path))
        try gosc.succeed("audit export --redacted --out redacted.jsonl")
        try gosc.succeed("audit verify redacted.jsonl")
        // As it would be if nobody had looked.
        let lie = try Self.text("redacted.jsonl", gosc).replacing("\"redacted\":true", with: "\"redacted\":false")
        try Data(lie.utf8).write(to: gosc.folder.appending(path: "lie.jsonl"))
        let found = try gosc.run(["audit", "verify", "lie.jsonl"])
        #expect(found.exitCode == 1 && found.errors.contains("were removed"), "\(found.errors)")
    }

    @Test(.present("python3", of: "python3"))
    func signaturesThatWereRemovedFromTheDatabaseAreMissed() throws {
        let gosc = try Self.withManyRecords()
        try Self.change(gosc, "delete from audit_checkpoint")
        let outcome = try gosc.run(["audit", "verify"])
        #expect(outcome.exitCode == 1 && outcome.errors.contains("records is signed"), "\(outcome.errors)")
        #expect(outcome.errors.contains("signatures were removed"), "\(outcome.errors)")
    }

    /// More records than a manager leaves unsigned, of groups that have something confidential.
    private static func withManyRecords() throws -> GoscProgram {
        let gosc = try GoscProgram()
        var command = "manager init"
        for number in 1...64 {
            let file = gosc.folder.appending(path: "\(number).yaml")
            try Data("name: g\(number)\ndescription: Cellar\n".utf8).write(to: file)
            command += " --group \(number).yaml"
        }
        try gosc.succeed(command)
        #expect(try !gosc.succeed("audit verify").output.contains("no record is signed"))
        return gosc
    }

    /// Changes the database, whatever its triggers say.
    private static func change(_ gosc: GoscProgram, _ statement: String) throws {
        let script = """
            import sqlite3, sys
            db = sqlite3.connect("gosc/manager/gosc.sqlite")
            for name, in list(db.execute("select name from sqlite_master where type = 'trigger' and name like 'audit%'")):
                db.execute("drop trigger " + name)
            db.execute(sys.argv[1])
            db.commit()
            """
        try Data(script.utf8).write(to: gosc.folder.appending(path: "change.py"))
        #expect(try python(gosc, "change.py", statement) == "")
    }

    private static func python(_ gosc: GoscProgram, _ arguments: String...) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3"] + arguments
        process.currentDirectoryURL = gosc.folder
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return text
    }

    private static func text(_ name: String, _ gosc: GoscProgram) throws -> String {
        try String(contentsOf: gosc.folder.appending(path: name), encoding: .utf8)
    }

    private static func kinds(_ lines: String) throws -> [String] {
        struct Line: Decodable {
            let kind: String
        }
        return try lines.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)).kind }
    }
}
