/// What a key pair is made for: its curve, and with Curve25519 also its form.
public enum KeyKind: Hashable, Sendable, CaseIterable {
    /// Ed25519 (RFC 8032): signs, and agrees on secrets by way of its Montgomery form.
    case ed25519
    /// X25519 (RFC 7748): agrees on secrets only.
    case x25519
    /// NIST P-256: ECDSA and ECDH.
    case p256
    /// NIST P-384: ECDSA and ECDH.
    case p384
    /// NIST P-521: ECDSA and ECDH.
    case p521

    /// The name of the curve, and with Curve25519 of the form.
    public var name: String {
        switch self {
        case .ed25519: "Ed25519"
        case .x25519: "X25519"
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        }
    }

    /// Whether keys of this kind and of another agree on a secret: on the same curve, in whatever form.
    public func sharesSecrets(with other: KeyKind) -> Bool { curve == other.curve }

    /// How a key of this kind signs; `nil` if it cannot.
    public var signatureKind: SignatureKind? {
        switch self {
        case .ed25519: .ed25519
        case .x25519: nil
        case .p256: .ecdsaP256
        case .p384: .ecdsaP384
        case .p521: .ecdsaP521
        }
    }

    /// How long the private part is, in bytes: a seed, or a scalar.
    public var secretLength: Int { curve?.fieldLength ?? 32 }

    /// How long the secret is that two such keys agree on, in bytes.
    public var sharedSecretLength: Int { curve?.fieldLength ?? 32 }

    /// The curve with a Weierstrass equation; `nil` for Curve25519.
    public var curve: ECCurve? {
        switch self {
        case .ed25519, .x25519: nil
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        }
    }
}
