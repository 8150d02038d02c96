import ACEGroupcomm
import TestSupport
import Testing

/// Expressions over group names (RFC 9485).
struct IRegexpTests {
    @Test(
        .requirement("GM-0008"),
        arguments: [
            ("gp[0-9]", ["gp1"], ["xgp1", "gp12", "agp1b", "gp", ""]),
            ("gp[0-9]*", ["gp", "gp1", "gp77"], ["gp7x", "g"]), ("", [""], ["a"]), ("a|b|", ["a", "b", ""], ["ab"]),
            ("ab|cd", ["ab", "cd"], ["abd", "acd"]), ("a(b|c)d", ["abd", "acd"], ["ad", "abcd"]),
            ("(ab)+", ["ab", "abab"], ["", "aba"]), ("a?b", ["b", "ab"], ["aab"]), ("a{2}", ["aa"], ["a", "aaa"]),
            ("a{2,}", ["aa", "aaaaa"], ["a"]), ("a{1,3}", ["a", "aa", "aaa"], ["", "aaaa"]), ("a{0}", [""], ["a"]),
            ("a{0,0}b", ["b"], ["ab"]), ("(a|b){2}c", ["abc", "bbc"], ["ac", "abbc"]), ("()", [""], ["a"]),
            ("(a*)*", ["", "aaa"], ["b"]), ("(a?){3}", ["", "a", "aaa"], ["aaaa"]),
            // One character: anything but the end of a line.
            ("a.c", ["abc", "a\u{e9}c", "a\u{1f600}c"], ["ac", "a\nc", "a\rc", "abbc"]),
            ("[^a-c]", ["d", "-", "\n"], ["a", "b", "c", "dd", ""]), ("[abc]", ["a", "c"], ["d", "ab"]),
            ("[-a]", ["-", "a"], ["b"]), ("[a-]", ["-", "a"], ["b"]), ("[a-c-]", ["b", "-"], ["d"]),
            ("[--]", ["-"], ["a"]), ("[^-]", ["a"], ["-"]), ("[^-a]", ["b"], ["-", "a"]), ("[a^]", ["^", "a"], ["b"]),
            ("[.*+?(){}|$]", [".", "*", "+", "?", "(", ")", "{", "}", "|", "$"], ["a"]),
            ("[\\-\\]\\[\\^\\\\]", ["-", "]", "[", "^", "\\"], ["a"]), ("[\\n-\\r]", ["\n", "\u{b}", "\r"], ["\t"]),
            ("\\(\\)\\*\\+\\.\\?\\[\\\\\\]\\^\\{\\|\\}\\-", ["()*+.?[\\]^{|}-"], ["()"]),
            ("\\n\\r\\t", ["\n\r\t"], ["nrt"]),
            // Nothing is an anchor or a class of other dialects.
            ("^a$", ["^a$"], ["a"]), ("a,b/c:=<>@_`~!\"#%&'; ", ["a,b/c:=<>@_`~!\"#%&'; "], ["a"]),
            ("\\p{L}+", ["abc\u{e4}\u{416}\u{4e2d}"], ["a1", ""]), ("\\p{Lu}", ["A", "\u{c4}"], ["a", "1"]),
            ("\\p{Ll}", ["a"], ["A"]), ("\\P{Nd}", ["a"], ["1", "\u{661}"]), ("[\\p{Nd}_]", ["5", "_"], ["a"]),
            ("[^\\p{L}]", ["1", "-"], ["a"]), ("[\\P{L}]", ["1"], ["a"]), ("\\p{Zs}", [" ", "\u{a0}"], ["a"]),
            ("\\p{Sc}", ["\u{20ac}", "$"], ["a"]), ("\\p{Cn}", ["\u{378}"], ["a"]), ("\\p{Pd}", ["-"], ["_"]),
            ("\\p{Mn}", ["\u{301}"], ["a"]), ("\\p{Cc}", ["\n"], [" "]),
            // Scalars, not what a reader takes for one character.
            ("e.", ["e\u{301}"], ["\u{e9}"]), ("\u{e9}", ["\u{e9}"], ["e\u{301}"]),
            ("[\u{1f600}-\u{1f64f}]", ["\u{1f610}"], ["\u{1f650}"]),
        ] as [(String, [String], [String])])
    func wholeTextsMatch(pattern: String, matching: [String], others: [String]) throws {
        let expression = try IRegexp(pattern)
        #expect(expression.pattern == pattern)
        for text in matching { #expect(expression.matches(text), "\(pattern) on \(text.debugDescription)") }
        for text in others { #expect(!expression.matches(text), "\(pattern) on \(text.debugDescription)") }
    }

    @Test(
        arguments: [
            "(", ")", "a)", "(a", "[", "]", "[]", "[^]", "[a", "a]", "*", "+a", "?", "a**", "a+?", "a{", "a}", "{1}",
            "a{}", "a{,2}", "a{2,1}", "a{1", "a{1,", "a{1,2", "a{x}", "a{-1}", "|*", "(*)", "\\", "\\d", "\\w", "\\s",
            "\\b", "\\a", "\\1", "\\u0041", "\\/", "[\\d]", "[b-a]", "[a-\\p{L}]", "[\\p{L}-a]b-[", "[a-b-c]", "[[a]",
            "[a--b]", "\\p", "\\pL", "\\p{", "\\p{}", "\\p{X}", "\\p{Lx}", "\\p{Cs}", "\\p{Lu", "\\p{Luu}", "\\p{l}",
            "\\P{Xx}", "(?:a)", "(?=a)", "a{1}{2}", "[-", "[^", "[a-", "[---]",
        ])
    func whatIsNotInTheGrammarIsRefused(pattern: String) {
        #expect(throws: IRegexpError.malformed) { try IRegexp(pattern) }
    }

    @Test func sizesAreBounded() throws {
        #expect(throws: Never.self) { try IRegexp(String(repeating: "a", count: 256)) }
        for pattern in [
            String(repeating: "a", count: 257), "a{257}", "a{1,99999999999999999999999}", "(a{256}){256}",
            "((((){256}){256}){256}){256}", "((a{1,100}){1,100}){1,100}",
            String(repeating: "(", count: 100) + String(repeating: ")", count: 100),
        ] {
            #expect(throws: IRegexpError.tooLarge, "\(pattern)") { try IRegexp(pattern) }
        }
    }

    /// What makes a searching machine try every way there is.
    @Test func timeIsProportionalToTheText() throws {
        let text = String(repeating: "a", count: 20_000)
        for pattern in ["(a*)*b", "(a|a)*b", "(a?){100}a{100}b", "(.*)(.*)(.*)(.*)x"] {
            let expression = try IRegexp(pattern)
            #expect(!expression.matches(text))
        }
    }

    @Test func anythingEitherCompilesOrIsRefused() {
        var random = SeededGenerator(seed: 0x9485)
        let alphabet = Array("ab01-^[](){}|*+?.,\\pPLuNd\n\u{e9}\u{1f600}")
        var compiled = 0
        for _ in 0..<5000 {
            let pattern = String(
                (0..<Int.random(in: 0...16, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? "a" })
            if let expression = try? IRegexp(pattern) {
                compiled += 1
                _ = expression.matches("ab01")
            }
        }
        #expect(compiled > 0)
    }

    @Test func expressionsAreEqualIfTheyAreWrittenAlike() throws {
        #expect(try IRegexp("a|b") == IRegexp("a|b"))
        #expect(try IRegexp("a|b") != IRegexp("b|a"))
        #expect(try IRegexp("\u{e9}") != IRegexp("e\u{301}"))
        #expect(try Set([IRegexp("a"), IRegexp("a"), IRegexp("b")]).count == 2)
    }
}
