import Testing

@testable import gosc

struct QRCodeTests {
    /// Dark in the first row and on the left.
    private let corner = QRCode(width: 3, isDark: [true, true, true, true, false, false, true, false, false])

    @Test func whatIsOutsideIsLight() {
        #expect(corner.isDark(row: 0, column: 2))
        #expect(!corner.isDark(row: 2, column: 1))
        for (row, column) in [(-1, 0), (0, -1), (3, 0), (0, 3)] {
            #expect(!corner.isDark(row: row, column: column))
        }
    }

    @Test func blocksAreDarkWhereColoursAreSet() {
        let begin = "\u{1b}[38;5;16;48;5;231m"
        let end = "\u{1b}[0m\n"
        let lines = ["           ", "           ", "    █▀▀    ", "    ▀      ", "           ", "           "]
        #expect(QRDrawing.coloured(.fixed).text(of: corner) == lines.map { begin + $0 + end }.joined())
        #expect(QRDrawing.coloured(.named).text(of: corner).hasPrefix("\u{1b}[30;47m   "))
    }

    @Test func blocksAreLightWhereNoneAre() {
        #expect(
            QRDrawing.plain.text(of: corner) == """
                ███████████
                ███████████
                ████ ▄▄████
                ████▄██████
                ███████████
                ▀▀▀▀▀▀▀▀▀▀▀

                """)
        #expect(QRDrawing.columns(of: corner) == 11)
    }

    @Test(arguments: [
        (["TERM": "xterm-256color"], QRDrawing.coloured(.fixed)),
        (["TERM": "foot", "COLORTERM": "truecolor"], .coloured(.fixed)),
        (["TERM": "linux"], .coloured(.named)), (["COLORTERM": ""], .coloured(.named)),
    ])
    func terminalsWithManyColoursGetThoseThatNoThemeChanges(environment: [String: String], drawing: QRDrawing) {
        #expect(QRDrawing(wantsColours: true, environment: environment) == drawing)
        #expect(QRDrawing(wantsColours: false, environment: environment) == .plain)
    }

    @Test(arguments: [
        (["LANG": "C"], false), (["LANG": "de_DE.UTF-8"], true), ([:], true),
        (["LC_ALL": "C", "LANG": "C.utf8"], false),
    ])
    func blocksNeedUTF8(environment: [String: String], isUTF8: Bool) {
        #expect(TerminalText.isUTF8(environment) == isUTF8)
    }
}

/// What libqrencode makes of texts.
@Suite(.enabled(if: QRCode.isAvailable, "built without libqrencode: apt-get install libqrencode-dev"))
struct QRCodeEncodingTests {
    @Test func codesHaveTheirThreeFinders() throws {
        let code = try #require(QRCode(encoding: "A"))
        #expect(code.width == 21)
        for (top, left) in [(0, 0), (0, 14), (14, 0)] {
            for step in 0..<7 {
                #expect(code.isDark(row: top, column: left + step) && code.isDark(row: top + 6, column: left + step))
            }
            #expect(!code.isDark(row: top + 1, column: left + 1) && code.isDark(row: top + 3, column: left + 3))
        }
    }

    /// ISO/IEC 18004 table 7: the widths of versions 1, 2, 8 and 40 hold so much with level M.
    @Test(arguments: [
        ("A", 20, 21), ("A", 21, 25), ("a", 14, 21), ("a", 15, 25), ("a", 152, 49), ("a", 153, 53), ("a", 2331, 177),
    ])
    func smallestCodeThatHoldsTheTextIsTaken(character: Character, count: Int, width: Int) throws {
        let code = try #require(QRCode(encoding: String(repeating: character, count: count)))
        #expect(code.width == width)
    }

    @Test(arguments: [0, 2332])
    func whatNoCodeHoldsGivesNone(count: Int) {
        #expect(QRCode(encoding: String(repeating: "a", count: count)) == nil)
    }
}
