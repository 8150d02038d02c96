public import CryptoPrimitives

/// A COSE algorithm that countersigns messages (RFC 9053 §2).
public struct SignatureAlgorithm: Hashable, Sendable, RawRepresentable {
    /// The number in the COSE Algorithms registry. Unknown numbers are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// ECDSA with SHA-256; with P-256 here.
    public static let es256 = Self(rawValue: -7)
    // ALG-0005
    /// EdDSA; with Ed25519 here.
    public static let edDSA = Self(rawValue: -8)
    public static let es384 = Self(rawValue: -35)
    public static let es512 = Self(rawValue: -36)

    /// The algorithms that are built here.
    public static let known: [Self] = [.edDSA, .es256, .es384, .es512]

    // GOSC-0283
    /// The scheme behind the number, on the curve of the same strength; `nil` if unknown.
    public var signatureKind: SignatureKind? {
        switch self {
        case .edDSA: .ed25519
        case .es256: .ecdsaP256
        case .es384: .ecdsaP384
        case .es512: .ecdsaP521
        default: nil
        }
    }

    // GOSC-0054: in a group that signs, this alone decides.
    /// Whether a member's key can be of this kind.
    public func isUsable(with kind: KeyKind) -> Bool { signatureKind?.keyKind == kind }

    /// How long a signature is, in bytes; `nil` if unknown.
    public var signatureLength: Int? { signatureKind?.signatureLength }

    /// The registered name, or the number.
    public var name: String {
        switch self {
        case .edDSA: "EdDSA"
        case .es256: "ES256"
        case .es384: "ES384"
        case .es512: "ES512"
        default: String(rawValue)
        }
    }
}
