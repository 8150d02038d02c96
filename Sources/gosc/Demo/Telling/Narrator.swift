import Foundation
import Glibc

/// Whoever tells the story while it is played. Called from any thread.
protocol Narrator: Sendable {
    /// Before the first act.
    func open(_ setting: DemoSetting)
    /// An act begins.
    func begin(_ act: ActName, shows: String)
    /// Something takes a while, and this much of it is done.
    func progress(_ what: String, done: Int, of total: Int)
    /// Something happens that the audience should know.
    func note(_ text: String)
    /// A lamp has answered.
    func lamp(_ row: LampRow)
    /// An act is over.
    func end(_ report: ActReport)
    /// The story is over.
    func close(_ report: DemoReport)
}

/// Says nothing until the end, then one JSON document on standard output. Progress goes to a terminal on standard error.
struct JSONNarrator: Narrator {
    private let showsProgress = StandardStream.error.isTerminal

    func open(_ setting: DemoSetting) {}
    func progress(_ what: String, done: Int, of total: Int) {}
    func note(_ text: String) {}
    func lamp(_ row: LampRow) {}

    func begin(_ act: ActName, shows: String) {
        guard showsProgress else { return }
        StandardStream.error.tryWrite("gosc: \(act.rawValue): \(shows)\n")
    }

    func end(_ report: ActReport) {}

    func close(_ report: DemoReport) {
        StandardStream.output.tryWrite(JSONText.document(report) + "\n")
    }
}

/// Row after row of plain text, for files, pipes and terminals that cannot move the cursor.
struct PlainNarrator: Narrator {
    func open(_ setting: DemoSetting) {
        write(DemoText.opening(setting).joined(separator: "\n") + "\n")
    }

    func begin(_ act: ActName, shows: String) {
        write("\n\(act.rawValue): \(shows)\n")
    }

    func progress(_ what: String, done: Int, of total: Int) {
        write("  joined \(done)/\(total): \(what)\n")
    }

    func note(_ text: String) {
        write("  \(text)\n")
    }

    func lamp(_ row: LampRow) {}

    func end(_ report: ActReport) {
        write(DemoText.body(of: report, palette: .plain))
    }

    func close(_ report: DemoReport) {
        write(DemoText.closing(report, palette: .plain))
    }

    private func write(_ text: String) {
        StandardStream.output.tryWrite(text)
    }
}
