import Testing

@testable import gosc

struct TextTableTests {
    private let columns = [TextTable.Column("NAME"), TextTable.Column("PORT", .right), TextTable.Column("STATE")]

    @Test func columnsAreAsWideAsTheirWidestCell() {
        let table = TextTable(columns, rows: [["lamp-1", "1", "on"], ["l", "5683", ""]])
        #expect(
            table.lines() == """
                NAME    PORT  STATE
                lamp-1     1  on
                l       5683

                """)
    }

    @Test func rowsCanComeOneByOne() {
        let columns = [TextTable.Column("NAME", width: 8), TextTable.Column("STATE")]
        #expect(TextTable(columns, rows: [["a", "on"]]).lines(withHeadings: false) == "a         on\n")
    }

    @Test func cellsCannotSteerTheTerminal() {
        let table = TextTable([TextTable.Column("A")], rows: [["\u{1b}[31mred\nnext\u{202e}"]])
        #expect(table.lines(withHeadings: false) == "\\u{1b}[31mred\\u{a}next\\u{202e}\n")
    }

    @Test(arguments: [
        (true, [:], true), (false, [:], false), (true, ["NO_COLOR": "1"], false), (true, ["NO_COLOR": ""], true),
        (true, ["TERM": "dumb"], false),
    ])
    func emphasisIsForTerminalsThatWantIt(isTerminal: Bool, environment: [String: String], isOn: Bool) {
        let style = TextStyle(isTerminal: isTerminal, environment: environment)
        #expect((style.heading("A") != "A") == isOn)
    }

    @Test func payloadIsShownAsTextOrHex() {
        #expect(String(showing: Array("on".utf8)) == "on")
        #expect(String(showing: [0xff, 0x00]) == "0xff00")
    }
}
