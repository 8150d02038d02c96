import Foundation
import Glibc
import Synchronization

/// The story on a terminal: what is going on is redrawn in place, what is over stays above it.
final class LiveNarrator: Narrator {
    private let palette: Palette
    private let stage: Mutex<Scene>

    /// What is on the screen and may still change.
    private struct Scene {
        var number = 0
        var progress: (what: String, done: Int, total: Int)?
        var note = ""
        var lamps: [LampRow] = []
        var expectedLamps = 0
        /// How many lines were drawn and can be drawn over.
        var drawn = 0
    }

    init(environment: [String: String]) {
        palette = Palette(terminalWith: environment)
        stage = Mutex(Scene())
    }

    func open(_ setting: DemoSetting) {
        stage.withLock { $0.expectedLamps = setting.lamps }
        write(DemoText.opening(setting).joined(separator: "\n") + "\n")
    }

    func begin(_ act: ActName, shows: String) {
        let number = stage.withLock { scene in
            scene.number += 1
            return scene.number
        }
        write("\n\(palette.title("\(number) \(act.rawValue)"))  \(shows)\n")
    }

    func progress(_ what: String, done: Int, of total: Int) {
        redraw { $0.progress = (what, done, total) }
    }

    func note(_ text: String) {
        redraw { $0.note = text }
    }

    func lamp(_ row: LampRow) {
        redraw { $0.lamps.append(row) }
    }

    func end(_ report: ActReport) {
        stage.withLock { scene in
            write(erase(scene.drawn) + DemoText.body(of: report, palette: palette))
            scene = Scene(number: scene.number, expectedLamps: scene.expectedLamps)
        }
    }

    func close(_ report: DemoReport) {
        write(DemoText.closing(report, palette: palette))
    }

    private func redraw(_ change: (inout Scene) -> Void) {
        stage.withLock { scene in
            change(&scene)
            let lines = lines(of: scene)
            // Long lines are cut, not wrapped: a wrapped one would be two to draw over.
            let text = lines.map { $0 + "\n" }.joined()
            write("\u{1b}[?7l" + erase(scene.drawn) + text + "\u{1b}[?7h")
            scene.drawn = lines.count
        }
    }

    private func lines(of scene: Scene) -> [String] {
        var lines: [String] = []
        if let (what, done, total) = scene.progress {
            lines.append("  \(palette.bar(done, of: total, width: 30)) \(done)/\(total) \(palette.faint(what))")
        }
        if !scene.note.isEmpty { lines.append("  " + palette.faint(scene.note)) }
        if !scene.lamps.isEmpty { lines += lamps(of: scene) }
        return lines
    }

    /// The lamps that have answered: a table if it fits on the screen, else one sign a lamp.
    private func lamps(of scene: Scene) -> [String] {
        if scene.expectedLamps + 6 < Self.height {
            return DemoText.lamps(scene.lamps, palette: palette).split(separator: "\n").map(String.init)
        }
        let row = scene.lamps.map { $0.isOn == true ? palette.glowing("●") : "○" }.joined(separator: " ")
        return ["  \(scene.lamps.count) of \(scene.expectedLamps): \(row)"]
    }

    private func erase(_ lines: Int) -> String {
        lines > 0 ? "\u{1b}[\(lines)F\u{1b}[J" : ""
    }

    private func write(_ text: String) {
        StandardStream.output.tryWrite(text)
    }

    /// The lines of the terminal.
    private static var height: Int {
        var size = winsize()
        return ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0 ? Int(size.ws_row) : 24
    }
}
