/// The Authentication Credential Format of a group (RFC 10021 §2.1.5): a label of the COSE Header Parameters registry.
///
/// Some labels also say in what container a credential may come; what a member keeps is the end entity's alone.
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
    /// X.509, alone or as the first of a chain (`x5chain`, RFC 9360).
    public static let x509 = Self(rawValue: 33)
    /// X.509, alone or anywhere in a bag (`x5bag`, RFC 9360).
    public static let x509Bag = Self(rawValue: 32)
    /// C509, alone or as the first of a chain (`c5c`, draft-ietf-cose-cbor-encoded-cert).
    public static let c509 = Self(rawValue: 25)
    /// C509, alone or anywhere in a bag (`c5b`, draft-ietf-cose-cbor-encoded-cert).
    public static let c509Bag = Self(rawValue: 24)

    /// The labels that are known here.
    public static let known: [Self] = [.ccs, .cwt, .x509, .x509Bag, .c509, .c509Bag]

    /// How the credentials themselves are encoded; `nil` for a label that is not known.
    public var encoding: CredentialEncoding? {
        switch self {
        case .ccs: .ccs
        case .cwt: .cwt
        case .x509, .x509Bag: .x509
        case .c509, .c509Bag: .c509
        default: nil
        }
    }

    /// Whether several credentials in one container are in no order.
    public var isBag: Bool { self == .x509Bag || self == .c509Bag }

    /// The name of the header parameter, or its number.
    public var name: String {
        switch self {
        case .ccs: "kccs"
        case .cwt: "kcwt"
        case .x509: "x5chain"
        case .x509Bag: "x5bag"
        case .c509: "c5c"
        case .c509Bag: "c5b"
        default: String(rawValue)
        }
    }
}

/// How one credential is encoded, whatever container it came in.
public enum CredentialEncoding: String, Hashable, Sendable, CaseIterable {
    /// CWT Claims Set: a map, signed by nobody (RFC 8392).
    case ccs = "CCS"
    /// CBOR Web Token: claims in a COSE message (RFC 8392).
    case cwt = "CWT"
    /// X.509 certificate in DER (RFC 5280).
    case x509 = "X.509"
    /// C509 certificate: an array of eleven items (draft-ietf-cose-cbor-encoded-cert).
    case c509 = "C509"
}
