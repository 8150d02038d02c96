import CBOR

/// Which groups an administrator may touch: the `Toid` of an admin entry (draft-ietf-ace-oscore-gm-admin §3).
public enum GroupNamePattern: Hashable, Sendable {
    /// `true`: every group.
    case any
    /// A text: this group alone.
    case literal(String)
    /// A text with the tag 21065: every group whose whole name matches.
    case regularExpression(IRegexp)

    // GM-0007
    /// Whether a group is meant.
    public func matches(_ groupName: String) -> Bool {
        switch self {
        case .any: true
        case .literal(let name): groupName == name
        case .regularExpression(let expression): expression.matches(groupName)
        }
    }

    /// The tag of an I-Regexp (RFC 9485 §4).
    public static let regularExpressionTag: UInt64 = 21065

    // GM-0009: with one kind of pattern known, none can be mixed.
    init?(_ value: CBORValue) {
        switch value {
        case .bool(true): self = .any
        case .text(let name): self = .literal(name)
        case .tagged(Self.regularExpressionTag, .text(let pattern)):
            guard let expression = try? IRegexp(pattern) else { return nil }
            self = .regularExpression(expression)
        default: return nil
        }
    }

    var value: CBORValue {
        switch self {
        case .any: true
        case .literal(let name): .text(name)
        case .regularExpression(let expression): .tagged(Self.regularExpressionTag, .text(expression.pattern))
        }
    }
}
