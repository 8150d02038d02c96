/// A label of the IANA registry "CBOR Web Token (CWT) Claims": the keys of the claims set in a token (RFC 8392 §9.1,
/// RFC 8747 §7.1, RFC 9200 §8.14).
public struct TokenClaimLabel: Hashable, Sendable {
    /// The registered integer.
    public let rawValue: Int64

    /// Creates a label from its number. Any number is accepted.
    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    public static let iss = Self(1)
    public static let sub = Self(2)
    public static let aud = Self(3)
    public static let exp = Self(4)
    public static let nbf = Self(5)
    public static let iat = Self(6)
    public static let cti = Self(7)
    public static let cnf = Self(8)
    public static let scope = Self(9)
    public static let cnonce = Self(39)
    // GM-0384: 40 is nonce1 in the maps of Content-Format 19.
    public static let exi = Self(40)
}

extension TokenClaimLabel: WireLabel {}

/// A label of the IANA registry "CWT Confirmation Methods": the keys of the map `cnf` (RFC 8747 §7.2, RFC 9203 §9.5).
struct ConfirmationLabel: WireLabel {
    let rawValue: Int64
    static let kid = Self(rawValue: 3)
    static let osc = Self(rawValue: 4)
}
