public import CryptoPrimitives

/// A COSE algorithm by which a recipient gets the content key: direct agreement with an ephemeral key (RFC 9053 §6.3.1).
public struct RecipientAlgorithm: Hashable, Sendable, RawRepresentable {
    /// The number in the COSE Algorithms registry. Unknown numbers are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Ephemeral-static Diffie-Hellman with HKDF SHA-256.
    public static let ecdhESHKDF256 = Self(rawValue: -25)
    /// Ephemeral-static Diffie-Hellman with HKDF SHA-512.
    public static let ecdhESHKDF512 = Self(rawValue: -26)

    /// The hash of the key derivation; `nil` if unknown.
    public var hash: HashKind? {
        switch self {
        case .ecdhESHKDF256: .sha256
        case .ecdhESHKDF512: .sha512
        default: nil
        }
    }

    /// The registered name, or the number.
    public var name: String {
        switch self {
        case .ecdhESHKDF256: "ECDH-ES + HKDF-256"
        case .ecdhESHKDF512: "ECDH-ES + HKDF-512"
        default: String(rawValue)
        }
    }
}
