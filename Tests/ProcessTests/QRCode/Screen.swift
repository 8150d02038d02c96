/// What a terminal shows of a text, as grey pixels: as much of a terminal as half blocks and SGR need.
///
/// Every character has 4 × 8 pixels. Characters that are no blocks are left out, since they stand beside what is looked at.
struct Screen {
    /// The colours of the terminal's theme, as grey from 0 to 255.
    struct Theme {
        let text: UInt8
        let ground: UInt8
        /// What SGR 30 and 47 give; what the theme makes of black and white.
        let black: UInt8
        let white: UInt8

        static let dark = Self(text: 200, ground: 20, black: 40, white: 190)
        static let light = Self(text: 30, ground: 240, black: 40, white: 190)
    }

    /// What is not known to this terminal.
    struct UnknownControl: Error {}

    private static let (width, height) = (4, 8)
    private let rows: [[(top: UInt8, bottom: UInt8)]]
    private let theme: Theme

    /// - Parameter columns: How long a line is; longer ones are broken.
    init(showing output: String, columns: Int, theme: Theme) throws {
        self.theme = theme
        var rows: [[(top: UInt8, bottom: UInt8)]] = []
        var (text, ground) = (theme.text, theme.ground)
        for line in output.split(separator: "\n", omittingEmptySubsequences: false) {
            var row: [(top: UInt8, bottom: UInt8)] = []
            var rest = line
            while let character = rest.popFirst() {
                switch character {
                case "\u{1b}":
                    let control = rest.prefix { $0 != "m" }
                    rest = rest.dropFirst(control.count + 1)
                    switch control {
                    case "[38;5;16;48;5;231": (text, ground) = (0, 255)
                    case "[30;47": (text, ground) = (theme.black, theme.white)
                    case "[0": (text, ground) = (theme.text, theme.ground)
                    default: throw UnknownControl()
                    }
                case "█": row.append((text, text))
                case "▀": row.append((text, ground))
                case "▄": row.append((ground, text))
                default: row.append((ground, ground))
                }
                if row.count == columns {
                    rows.append(row)
                    row = []
                }
            }
            if !row.isEmpty { rows.append(row) }
        }
        self.rows = rows
    }

    /// A picture in the form PGM, with a margin in the colour of the terminal's ground.
    var picture: [UInt8] {
        let columns = (rows.map(\.count).max() ?? 0) + 2
        var bytes = Array("P5\n\(columns * Self.width) \((rows.count + 2) * Self.height)\n255\n".utf8)
        for row in [[]] + rows + [[]] {
            let padding = Array(repeating: (top: theme.ground, bottom: theme.ground), count: columns - row.count - 1)
            let cells = [(top: theme.ground, bottom: theme.ground)] + row + padding
            for line in 0..<Self.height {
                for cell in cells {
                    let grey = line < Self.height / 2 ? cell.top : cell.bottom
                    bytes += [UInt8](repeating: grey, count: Self.width)
                }
            }
        }
        return bytes
    }
}
