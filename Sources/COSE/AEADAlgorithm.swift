public import CryptoPrimitives

/// A COSE algorithm for pairwise mode and OSCORE: an AEAD (RFC 9053 §4).
public struct AEADAlgorithm: Hashable, Sendable, RawRepresentable {
    /// The number in the COSE Algorithms registry. Unknown numbers are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

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

    // ALG-0001, ALG-0002, OSC-0011
    /// The cipher behind the number; `nil` if unknown.
    public var aeadKind: AEADKind? {
        switch self {
        case .a128GCM: .aesGCM(keyLength: 16)
        case .a192GCM: .aesGCM(keyLength: 24)
        case .a256GCM: .aesGCM(keyLength: 32)
        case .aesCCM_16_64_128: .aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8)
        case .aesCCM_16_64_256: .aesCCM(keyLength: 32, nonceLength: 13, tagLength: 8)
        case .aesCCM_64_64_128: .aesCCM(keyLength: 16, nonceLength: 7, tagLength: 8)
        case .aesCCM_64_64_256: .aesCCM(keyLength: 32, nonceLength: 7, tagLength: 8)
        case .chaCha20Poly1305: .chaCha20Poly1305
        case .aesCCM_16_128_128: .aesCCM(keyLength: 16, nonceLength: 13, tagLength: 16)
        case .aesCCM_16_128_256: .aesCCM(keyLength: 32, nonceLength: 13, tagLength: 16)
        case .aesCCM_64_128_128: .aesCCM(keyLength: 16, nonceLength: 7, tagLength: 16)
        case .aesCCM_64_128_256: .aesCCM(keyLength: 32, nonceLength: 7, tagLength: 16)
        default: nil
        }
    }

    /// In bytes; `nil` if unknown.
    public var keyLength: Int? { aeadKind?.keyLength }
    /// In bytes; `nil` if unknown.
    public var nonceLength: Int? { aeadKind?.nonceLength }
    /// In bytes; `nil` if unknown.
    public var tagLength: Int? { aeadKind?.tagLength }

    /// The registered name, or the number.
    public var name: String { AlgorithmNames.encryption[rawValue] ?? String(rawValue) }
}
