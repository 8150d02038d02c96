/// A label of the IANA registry "OAuth Parameters CBOR Mappings": the keys of the maps of Content-Format 19
/// (RFC 9200 §8.10, RFC 9203 §9.3, RFC 9594 §11.4).
///
/// Not the labels of the claims in a token, though some numbers mean the same: see ``TokenClaimLabel``.
public struct AuthorizationLabel: Hashable, Sendable {
    /// The registered integer.
    public let rawValue: Int64

    /// Creates a label from its number. Any number is accepted.
    public init(_ rawValue: Int64) {
        self.rawValue = rawValue
    }

    public static let accessToken = Self(1)
    public static let expiresIn = Self(2)
    public static let reqCnf = Self(4)
    public static let audience = Self(5)
    public static let cnf = Self(8)
    public static let scope = Self(9)
    public static let error = Self(30)
    public static let errorDescription = Self(31)
    public static let grantType = Self(33)
    public static let aceProfile = Self(38)
    public static let cnonce = Self(39)
    public static let nonce1 = Self(40)
    public static let rsCnf = Self(41)
    public static let nonce2 = Self(42)
    public static let aceClientRecipientID = Self(43)
    public static let aceServerRecipientID = Self(44)
    // GM-0060: 29 to 32 in the maps of Content-Format 261.
    public static let signInfo = Self(45)
    public static let kdcChallenge = Self(46)
    public static let ecdhInfo = Self(47)
    public static let kdcDHCreds = Self(48)
}

extension AuthorizationLabel: WireLabel {}
