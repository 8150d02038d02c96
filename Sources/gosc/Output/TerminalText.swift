/// What characters a terminal can be given.
enum TerminalText {
    /// Whether the locale is one of UTF-8; where none is set, that is taken for granted.
    static func isUTF8(_ environment: [String: String]) -> Bool {
        let locale = environment["LC_ALL"] ?? environment["LC_CTYPE"] ?? environment["LANG"] ?? "UTF-8"
        return locale.lowercased().replacing("-", with: "").contains("utf8")
    }
}
