import CryptoPrimitives

/// The curves of the COSE Elliptic Curves registry that keys here are on (RFC 9053 §7.1).
internal enum COSECurve: Int64, CaseIterable {
    case p256 = 1
    case p384 = 2
    case p521 = 3
    case x25519 = 4
    case ed25519 = 6

    /// The curve of a kind of key.
    internal init(_ kind: KeyKind) {
        switch kind {
        case .ed25519: self = .ed25519
        case .x25519: self = .x25519
        case .p256: self = .p256
        case .p384: self = .p384
        case .p521: self = .p521
        }
    }

    /// The kind of a key on this curve.
    internal var keyKind: KeyKind {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        case .x25519: .x25519
        case .ed25519: .ed25519
        }
    }

    /// GOSC-0055: the key type that the curve goes with; Curve25519 has octet key pairs.
    internal var keyType: COSEKeyType {
        switch self {
        case .p256, .p384, .p521: .ec2
        case .x25519, .ed25519: .octetKeyPair
        }
    }
}

/// The types of the COSE Key Types registry that keys here have (RFC 9053 §7).
internal enum COSEKeyType: Int64 {
    case octetKeyPair = 1
    case ec2 = 2
}
