import ACEGroupcomm
import Foundation
import TestSupport
import Testing

/// A build without libqrencode invites as well.
@Suite(.timeLimit(.minutes(2)))
struct InvitationCodeAbsenceProcessTests {
    @Test func terminalGetsACodeOrTheReasonWhyNot() throws {
        let stage = try InvitationStage()
        defer { stage.tearDown() }
        let outcome = try stage.gosc.run(stage.invite("lamp-1"), onTerminalOf: 80, environment: [:])
        #expect(outcome.exitCode == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(try Invitation(parsing: String(lines.first ?? "")).nodeName == "lamp-1")
        let notice = "gosc: no QR code: this gosc was built without libqrencode\n"
        #expect(lines.dropFirst().isEmpty == !QRCodePresence.isThere)
        #expect(outcome.errors.contains(notice) == !QRCodePresence.isThere)
    }
}

/// The QR code of an invitation, read by zbarimg from what a terminal shows.
@Suite(.present("zbarimg", of: "zbar-tools"), .qrCodePresent, .timeLimit(.minutes(2)))
struct InvitationCodeProcessTests {
    /// In the colours that it sets, the code does not depend on those of the terminal.
    @Test(arguments: [["TERM": "xterm-256color"], ["TERM": "foot", "COLORTERM": "truecolor"], ["TERM": "linux"]])
    func terminalShowsACodeThatIsTheInvitation(environment: [String: String]) throws {
        let stage = try InvitationStage()
        defer { stage.tearDown() }
        let outcome = try stage.gosc.run(stage.invite("lamp-1"), onTerminalOf: 80, environment: environment)
        #expect(outcome.exitCode == 0)
        let text = try #require(outcome.output.split(separator: "\n").first)
        #expect(try Invitation(parsing: String(text)).nodeName == "lamp-1")
        for theme in [Screen.Theme.dark, .light] {
            // The text, which is longer than a line, stands above it.
            #expect(try stage.read(outcome.output, on: theme, columns: 80) == text + "\n")
        }
        #expect(!outcome.errors.contains(text.dropFirst(6).prefix(20)))
    }

    @Test(arguments: [["NO_COLOR": "1", "TERM": "xterm-256color"], ["TERM": "dumb"]])
    func codeWithoutColoursCanBeRead(environment: [String: String]) throws {
        let stage = try InvitationStage()
        defer { stage.tearDown() }
        let outcome = try stage.gosc.run(stage.invite("lamp-1"), onTerminalOf: 80, environment: environment)
        #expect(!outcome.output.contains("\u{1b}"))
        let text = try #require(outcome.output.split(separator: "\n").first)
        #expect(try stage.read(outcome.output, on: .dark) == text + "\n")
        // Where text is dark the code is the negative of itself; readers that take one are many, but not all.
        #expect(try stage.read(outcome.output, on: .light, inverted: true) == text + "\n")
    }

    @Test func programsAndFilesGetACodeOnlyIfTheyAskForIt() throws {
        let stage = try InvitationStage()
        defer { stage.tearDown() }
        let gosc = stage.gosc

        let plain = try gosc.run(stage.invite("plain"))
        #expect(try Invitation(parsing: plain.output).nodeName == "plain")
        #expect(plain.output.count { $0 == "\n" } == 1)

        let asked = try gosc.run(stage.invite("asked", "--qr"))
        let text = try #require(asked.output.split(separator: "\n").first)
        #expect(!asked.output.contains("\u{1b}"))
        #expect(try stage.read(asked.output, on: .dark) == text + "\n")

        // On a terminal, where it would come by itself.
        let file = try gosc.run(stage.invite("file", "--out", "file.txt"), onTerminalOf: 80, environment: [:])
        #expect(file.output == "")
        let json = try gosc.run(stage.invite("json", "--output", "json"), onTerminalOf: 80, environment: [:])
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(json.output.utf8)) }
        let quiet = try gosc.run(stage.invite("quiet", "--quiet"), onTerminalOf: 80, environment: [:])
        #expect(try Invitation(parsing: quiet.output).nodeName == "quiet")
        let ascii = try gosc.run(stage.invite("ascii"), onTerminalOf: 80, environment: ["LANG": "C"])
        #expect(try Invitation(parsing: ascii.output).nodeName == "ascii")
    }

    @Test func fileHoldsTheTextAloneBesideTheCode() throws {
        let stage = try InvitationStage()
        defer { stage.tearDown() }
        let outcome = try stage.gosc.run(stage.invite("lamp-1", "--out", "lamp-1.txt", "--qr"))
        let text = try String(contentsOf: stage.gosc.folder.appending(path: "lamp-1.txt"), encoding: .utf8)
        #expect(try Invitation(parsing: text).nodeName == "lamp-1")
        #expect(text.count { $0 == "\n" } == 1)
        #expect(!outcome.output.contains("gosc1:"))
        #expect(try stage.read(outcome.output, on: .dark) == text)
    }

    @Test func narrowTerminalGetsTheTextAndTheReason() throws {
        let stage = try InvitationStage()
        defer { stage.tearDown() }
        let outcome = try stage.gosc.run(stage.invite("lamp-1", "--qr"), onTerminalOf: 40, environment: [:])
        #expect(outcome.exitCode == 0)
        #expect(try Invitation(parsing: outcome.output).nodeName == "lamp-1")
        #expect(outcome.errors.contains(#/gosc: no QR code: it needs [0-9]+ columns, and this terminal has 40\n/#))
    }
}
