public import CryptoPrimitives

/// A COSE algorithm for group mode: an AEAD, or AES-CTR, whose integrity is the countersignature alone (RFC 9459).
public struct GroupEncryptionAlgorithm: Hashable, Sendable, RawRepresentable {
    /// The number in the COSE Algorithms registry. Unknown numbers are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    public static let a128CTR = Self(rawValue: -65534)
    public static let a192CTR = Self(rawValue: -65533)
    public static let a256CTR = Self(rawValue: -65532)
    public static let a128GCM = Self(rawValue: 1)
    public static let a192GCM = Self(rawValue: 2)
    public static let a256GCM = Self(rawValue: 3)
    // GOSC-0280
    /// AES-CCM with a key of 16, a nonce of 13 and a tag of 8 bytes: mandatory to implement.
    public static let aesCCM_16_64_128 = Self(rawValue: 10)
    public static let aesCCM_16_64_256 = Self(rawValue: 11)
    public static let aesCCM_64_64_128 = Self(rawValue: 12)
    public static let aesCCM_64_64_256 = Self(rawValue: 13)
    public static let chaCha20Poly1305 = Self(rawValue: 24)
    public static let aesCCM_16_128_128 = Self(rawValue: 30)
    public static let aesCCM_16_128_256 = Self(rawValue: 31)
    public static let aesCCM_64_128_128 = Self(rawValue: 32)
    public static let aesCCM_64_128_256 = Self(rawValue: 33)

    /// The AEAD behind the number; `nil` if it is not one, or unknown.
    public var aeadKind: AEADKind? { AEADAlgorithm(rawValue: rawValue).aeadKind }

    /// Whether the cipher itself authenticates; AES-CTR and unknown numbers do not.
    public var isAEAD: Bool { aeadKind != nil }

    // ALG-0004
    /// The stream cipher behind the number; `nil` if it is not one, or unknown.
    public var streamCipherKind: StreamCipherKind? {
        switch self {
        case .a128CTR: .aes128CTR
        case .a192CTR: .aes192CTR
        case .a256CTR: .aes256CTR
        default: nil
        }
    }

    /// In bytes; `nil` if unknown or forbidden.
    public var keyLength: Int? { streamCipherKind?.keyLength ?? aeadKind?.keyLength }

    /// In bytes; 12 for AES-CTR; `nil` if unknown or forbidden.
    public var nonceLength: Int? { streamCipherKind?.nonceLength ?? aeadKind?.nonceLength }

    /// In bytes; 0 for AES-CTR; `nil` if unknown or forbidden.
    public var tagLength: Int? { streamCipherKind == nil ? aeadKind?.tagLength : 0 }

    /// Why no group may have it; `nil` if one may.
    public var refusal: AlgorithmRefusal? {
        if keyLength != nil { return nil }
        // GOSC-0023, GOSC-0027, GOSC-0028
        return Self.cbc.contains(rawValue) ? .cipherBlockChaining : .unknown
    }

    /// The registered name, or the number.
    public var name: String { AlgorithmNames.encryption[rawValue] ?? String(rawValue) }

    /// A128CBC, A192CBC and A256CBC (RFC 9459 §5).
    private static let cbc = -65531 ... -65529
}

/// Why an algorithm must not be the Group Encryption Algorithm of a group.
public enum AlgorithmRefusal: Hashable, Sendable {
    /// AES-CBC: a repeated or foreseeable initialization vector gives plaintext away, and the message carries no other
    /// (RFC 10021 §2.1.7).
    case cipherBlockChaining
    /// Nothing says how the algorithm makes its initialization vector from the nonce of OSCORE, or it is not built.
    case unknown
}
