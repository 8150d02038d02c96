/// A regular expression that every implementation understands alike (RFC 9485).
///
/// Matching takes a time proportional to the length of the text, whatever the expression: an administrator's pattern is
/// tried on names that others choose. Reading one takes a time proportional to its own length: scopes are read for every
/// request, and few of their patterns are ever tried.
public struct IRegexp: Sendable {
    /// The expression as written.
    public let pattern: String
    private let tree: IRegexpNode

    /// Reads an expression.
    ///
    /// - Throws: ``IRegexpError/malformed`` for a text that is not in the grammar of RFC 9485 §3;
    ///   ``IRegexpError/tooLarge`` beyond ``maximumLength``, and for one that nests or repeats too much.
    public init(_ pattern: String) throws(IRegexpError) {
        var parser = try IRegexpParser(pattern)
        let tree = try parser.parse()
        guard tree.size < IRegexpProgram.maximumSize else { throw .tooLarge }
        self.tree = tree
        self.pattern = pattern
    }

    // GM-0008
    /// Whether the whole text matches, never a part of it alone.
    public func matches(_ text: String) -> Bool {
        // What is too large was refused.
        (try? IRegexpProgram(tree))?.matches(text.unicodeScalars) ?? false
    }

    /// The longest expression, in Unicode scalars.
    public static let maximumLength = 256
}

/// Why a text is not a usable ``IRegexp``.
public enum IRegexpError: Error, Hashable, Sendable, CaseIterable {
    /// Not in the grammar of RFC 9485 §3, or a range that ends before it begins.
    case malformed
    /// Longer, deeper or with larger repetitions than are worked on here.
    case tooLarge
}

extension IRegexp: Hashable {
    /// Equal means written alike.
    public static func == (left: Self, right: Self) -> Bool {
        left.pattern.unicodeScalars.elementsEqual(right.pattern.unicodeScalars)
    }

    public func hash(into hasher: inout Hasher) {
        for scalar in pattern.unicodeScalars { hasher.combine(scalar) }
    }
}
