import CLibCrypto

/// A NIST curve of prime order (SP 800-186): every point but infinity is of the right subgroup.
public enum ECCurve: Hashable, Sendable, CaseIterable {
    case p256
    case p384
    case p521

    /// How long a coordinate or a scalar is, in bytes.
    public var fieldLength: Int {
        switch self {
        case .p256: 32
        case .p384: 48
        case .p521: 66
        }
    }

    /// The hash that ECDSA goes with here (RFC 9053 §2.1).
    public var signatureHash: HashKind {
        switch self {
        case .p256: .sha256
        case .p384: .sha384
        case .p521: .sha512
        }
    }

    /// The kind of a key on this curve.
    public var keyKind: KeyKind {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .p521: .p521
        }
    }

    /// OpenSSL's name.
    internal var groupName: StaticString {
        switch self {
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        }
    }

    /// OpenSSL's number.
    internal var identifier: Int32 {
        switch self {
        case .p256: NID_X9_62_prime256v1
        case .p384: NID_secp384r1
        case .p521: NID_secp521r1
        }
    }
}
