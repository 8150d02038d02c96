public import CryptoPrimitives

/// A COSE hash algorithm (RFC 9054 §3).
public struct HashAlgorithm: Hashable, Sendable, RawRepresentable {
    /// The number in the COSE Algorithms registry. Unknown numbers are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    public static let sha256 = Self(rawValue: -16)
    public static let sha384 = Self(rawValue: -43)
    public static let sha512 = Self(rawValue: -44)

    /// The hash function; `nil` if unknown.
    public var hash: HashKind? {
        switch self {
        case .sha256: .sha256
        case .sha384: .sha384
        case .sha512: .sha512
        default: nil
        }
    }

    /// The registered name, or the number.
    public var name: String {
        switch self {
        case .sha256: "SHA-256"
        case .sha384: "SHA-384"
        case .sha512: "SHA-512"
        default: String(rawValue)
        }
    }
}
