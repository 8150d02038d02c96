/// A Swift source in which code, comments and string literals are told apart, byte by byte.
///
/// As much of the grammar as these sources use: nested comments, raw and multi-line strings, interpolation, and regex
/// literals in `#/`.
struct SwiftText {
    enum Kind: UInt8 {
        case code, comment, string
    }

    /// What a comment or a literal can begin with.
    private static let openers: Set<UInt8> = [UInt8(ascii: "/"), UInt8(ascii: "#"), UInt8(ascii: "\"")]

    let bytes: [UInt8]
    private(set) var kinds: [Kind]
    private var position = 0

    init(_ text: String) {
        self.bytes = Array(text.utf8)
        self.kinds = Array(repeating: .code, count: bytes.count)
        while position < bytes.count { readCode() }
    }

    /// The text of a range, with everything that is not of `kind` left out.
    func text(_ kind: Kind, in range: Range<Int>? = nil) -> String {
        String(decoding: (range ?? bytes.indices).lazy.map { kinds[$0] == kind ? bytes[$0] : 0x20 }, as: UTF8.self)
    }

    private func starts(with text: StaticString) -> Bool {
        let end = position + text.utf8CodeUnitCount
        return end <= bytes.count && bytes[position..<end].elementsEqual("\(text)".utf8)
    }

    private mutating func skip(_ count: Int, as kind: Kind) {
        for index in position..<min(position + count, bytes.count) { kinds[index] = kind }
        position = min(position + count, bytes.count)
    }

    /// Reads one step of code, which may be a comment or a literal as a whole.
    private mutating func readCode() {
        guard Self.openers.contains(bytes[position]) else {
            position += 1
            return
        }
        if starts(with: "//") {
            while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { skip(1, as: .comment) }
        } else if starts(with: "/*") {
            readBlockComment()
        } else if starts(with: "#/") {
            skip(2, as: .string)
            while position < bytes.count, !starts(with: "/#") { skip(1, as: .string) }
            skip(2, as: .string)
        } else if let hashes = hashesBeforeQuote() {
            readString(hashes: hashes)
        } else {
            position += 1
        }
    }

    private mutating func readBlockComment() {
        var depth = 0
        repeat {
            if starts(with: "/*") {
                depth += 1
                skip(2, as: .comment)
            } else if starts(with: "*/") {
                depth -= 1
                skip(2, as: .comment)
            } else {
                skip(1, as: .comment)
            }
        } while depth > 0 && position < bytes.count
    }

    /// How many `#` stand here before a quote; `nil` if no string begins here.
    private func hashesBeforeQuote() -> Int? {
        let hashes = bytes[position...].prefix { $0 == UInt8(ascii: "#") }.count
        let quote = position + hashes
        return quote < bytes.count && bytes[quote] == UInt8(ascii: "\"") ? hashes : nil
    }

    private mutating func readString(hashes: Int) {
        skip(hashes, as: .string)
        let quotes = starts(with: "\"\"\"") ? 3 : 1
        skip(quotes, as: .string)
        let end =
            Array(repeating: UInt8(ascii: "\""), count: quotes) + Array(repeating: UInt8(ascii: "#"), count: hashes)
        let escape = [UInt8(ascii: "\\")] + Array(repeating: UInt8(ascii: "#"), count: hashes)
        while position < bytes.count, !bytes[position...].starts(with: end) {
            guard bytes[position...].starts(with: escape) else {
                skip(1, as: .string)
                continue
            }
            skip(escape.count, as: .string)
            if position < bytes.count, bytes[position] == UInt8(ascii: "(") {
                readInterpolation()
            } else {
                skip(1, as: .string)
            }
        }
        skip(end.count, as: .string)
    }

    private mutating func readInterpolation() {
        var depth = 0
        repeat {
            if bytes[position] == UInt8(ascii: "(") { depth += 1 }
            if bytes[position] == UInt8(ascii: ")") { depth -= 1 }
            readCode()
        } while depth > 0 && position < bytes.count
    }
}
