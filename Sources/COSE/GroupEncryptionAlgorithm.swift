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

    /// In bytes; `nil` if unknown.
    public var keyLength: Int? {
        switch self {
        case .a128CTR: 16
        case .a192CTR: 24
        case .a256CTR: 32
        default: aeadKind?.keyLength
        }
    }

    /// In bytes; 12 for AES-CTR; `nil` if unknown.
    public var nonceLength: Int? { isCTR ? 12 : aeadKind?.nonceLength }

    /// In bytes; 0 for AES-CTR; `nil` if unknown.
    public var tagLength: Int? { isCTR ? 0 : aeadKind?.tagLength }

    /// The registered name, or the number.
    public var name: String { AlgorithmNames.encryption[rawValue] ?? String(rawValue) }

    private var isCTR: Bool { self == .a128CTR || self == .a192CTR || self == .a256CTR }
}
