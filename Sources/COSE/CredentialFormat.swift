/// How a group's authentication credentials are encoded: a COSE header parameter label.
public struct CredentialFormat: Hashable, Sendable, RawRepresentable {
    /// The label in the COSE Header Parameters registry. Unknown labels are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// CBOR Web Token (`kcwt`, RFC 9528).
    public static let cwt = Self(rawValue: 13)
    /// CWT Claims Set (`kccs`, RFC 9528).
    public static let ccs = Self(rawValue: 14)
    /// X.509 (`x5chain`, RFC 9360).
    public static let x509 = Self(rawValue: 33)
}
