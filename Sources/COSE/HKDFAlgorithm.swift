public import CryptoPrimitives

/// The HKDF of a context, named by the COSE HMAC algorithm inside it (RFC 8613 §3.2).
public struct HKDFAlgorithm: Hashable, Sendable, RawRepresentable {
    /// The number in the COSE Algorithms registry. Unknown numbers are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    // GOSC-0278
    /// HMAC 256/256: the default, mandatory to implement.
    public static let hkdfSHA256 = Self(rawValue: 5)
    /// HMAC 384/384.
    public static let hkdfSHA384 = Self(rawValue: 6)
    /// HMAC 512/512.
    public static let hkdfSHA512 = Self(rawValue: 7)

    /// The hash function; `nil` if unknown.
    public var hash: HashKind? {
        // GOSC-0012: derivations made of AES-MAC are unknown like any other number.
        switch self {
        case .hkdfSHA256: .sha256
        case .hkdfSHA384: .sha384
        case .hkdfSHA512: .sha512
        default: nil
        }
    }

    /// The usual name, or the number.
    public var name: String {
        switch self {
        case .hkdfSHA256: "HKDF SHA-256"
        case .hkdfSHA384: "HKDF SHA-384"
        case .hkdfSHA512: "HKDF SHA-512"
        default: String(rawValue)
        }
    }
}
