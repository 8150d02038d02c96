/// A label of the IANA registry "AS Request Creation Hints" (RFC 9200 §8.1).
public struct CreationHintLabel: Hashable, Sendable {
    /// The registered integer.
    public let rawValue: Int64

    /// Creates a label from its number. Any number is accepted.
    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    public static let authorizationServer = Self(1)
    public static let kid = Self(2)
    public static let audience = Self(5)
    public static let scope = Self(9)
    public static let cnonce = Self(39)
}

extension CreationHintLabel: WireLabel {}
