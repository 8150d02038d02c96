/// A signature scheme with its curve and hash.
public enum SignatureKind: Hashable, Sendable, CaseIterable {
    /// Pure Ed25519 (RFC 8032 §5.1).
    case ed25519
    /// ECDSA on P-256 with SHA-256.
    case ecdsaP256
    /// ECDSA on P-384 with SHA-384.
    case ecdsaP384
    /// ECDSA on P-521 with SHA-512.
    case ecdsaP521

    // GOSC-0155
    /// How long a signature is, in bytes: R | S, or r | s in the width of the curve.
    public var signatureLength: Int {
        switch self {
        case .ed25519, .ecdsaP256: 64
        case .ecdsaP384: 96
        case .ecdsaP521: 132
        }
    }

    /// The kind of key that signs.
    public var keyKind: KeyKind {
        switch self {
        case .ed25519: .ed25519
        case .ecdsaP256: .p256
        case .ecdsaP384: .p384
        case .ecdsaP521: .p521
        }
    }
}
