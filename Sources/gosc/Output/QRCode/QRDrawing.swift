/// How a QR code is drawn as text: a character has two modules, one above the other.
///
/// Readers want dark modules on a light ground, and not all of them take the opposite. What the colours of a terminal are
/// cannot be asked in a simple way, so they are set where that is allowed.
enum QRDrawing: Hashable {
    /// Blocks are dark and the ground is light, whatever the terminal's own colours are.
    case coloured(CodeColours)
    /// Without control sequences: blocks are light and the ground is dark, as where text is light on dark.
    case plain

    /// Light modules on every side (ISO/IEC 18004 §6.3.8).
    static let quietZone = 4

    /// - Parameters:
    ///   - wantsColours: Whether the text goes to a terminal where colours are wanted.
    ///   - environment: `TERM` and `COLORTERM` tell how many colours the terminal has.
    init(wantsColours: Bool, environment: [String: String]) {
        guard wantsColours else {
            self = .plain
            return
        }
        let has256 =
            environment["TERM"]?.contains("256color") == true || environment["COLORTERM"]?.isEmpty == false
        self = .coloured(has256 ? .fixed : .named)
    }

    /// How many columns of the terminal a code takes.
    static func columns(of code: QRCode) -> Int { code.width + 2 * quietZone }

    /// The code with its quiet zone, as lines with their ends.
    func text(of code: QRCode) -> String {
        let range = -Self.quietZone..<code.width + Self.quietZone
        var text = ""
        for row in stride(from: range.lowerBound, to: range.upperBound, by: 2) {
            let line = range.map { column in
                character(
                    isTopDark: code.isDark(row: row, column: column),
                    // Below the last row there is none: that stays in the colour of the ground.
                    isBottomDark: row + 1 < range.upperBound ? code.isDark(row: row + 1, column: column) : nil)
            }
            text += begin + line.joined() + end + "\n"
        }
        return text
    }

    private func character(isTopDark: Bool, isBottomDark: Bool?) -> String {
        let areBlocksDark = self != .plain
        switch (isTopDark == areBlocksDark, isBottomDark == areBlocksDark) {
        case (true, true): return "█"
        case (true, false): return "▀"
        case (false, true): return "▄"
        case (false, false): return " "
        }
    }

    private var begin: String {
        switch self {
        case .coloured(let colours): "\u{1b}[\(colours.rawValue)m"
        case .plain: ""
        }
    }

    /// Before the line ends, so that nothing beside the code takes its colours.
    private var end: String { self == .plain ? "" : "\u{1b}[0m" }
}

/// Black on white, as parameters of SGR (ECMA-48 §8.3.117).
enum CodeColours: String {
    /// Numbers 16 and 231 of 256, which themes leave alone.
    case fixed = "38;5;16;48;5;231"
    /// The black and the white of the theme, for terminals with no more than eight colours.
    case named = "30;47"
}
