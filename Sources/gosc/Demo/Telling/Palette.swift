/// How things look: words for files, signs for terminals, colours for terminals that want them.
struct Palette {
    private let hasSigns: Bool
    private let hasColours: Bool

    static let plain = Self(hasSigns: false, hasColours: false)

    private init(hasSigns: Bool, hasColours: Bool) {
        self.hasSigns = hasSigns
        self.hasColours = hasColours
    }

    /// For a terminal; `NO_COLOR` is obeyed (no-color.org), and signs need UTF-8.
    init(terminalWith environment: [String: String]) {
        hasSigns = TerminalText.isUTF8(environment)
        hasColours = environment["NO_COLOR"]?.isEmpty ?? true
    }

    var yes: String { hasSigns ? "✓" : "ok" }
    var no: String { hasSigns ? "✗" : "FAILED" }

    func light(_ isOn: Bool?) -> String {
        switch isOn {
        case true?: hasSigns ? "● on" : "on"
        case false?: hasSigns ? "○ off" : "off"
        case nil: "unknown"
        }
    }

    /// A bar that is filled in part.
    func bar(_ done: Int, of total: Int, width: Int) -> String {
        let filled = total > 0 ? min(done * width / total, width) : 0
        return String(repeating: hasSigns ? "█" : "#", count: filled)
            + String(repeating: hasSigns ? "░" : ".", count: width - filled)
    }

    func title(_ text: String) -> String { wrap(text, "1;36") }
    func heading(_ text: String) -> String { wrap(text, "2") }
    func faint(_ text: String) -> String { wrap(text, "2") }
    func glowing(_ text: String) -> String { wrap(text, "1;33") }
    func verdict(_ text: String, _ isGood: Bool) -> String { wrap(text, isGood ? "32" : "1;31") }

    private func wrap(_ text: String, _ code: String) -> String {
        hasColours && !text.isEmpty ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}
