/// A COSE algorithm by which two members agree on pairwise keys (RFC 9053 §6.3).
public struct PairwiseKeyAgreementAlgorithm: Hashable, Sendable, RawRepresentable {
    /// The number in the COSE Algorithms registry. Unknown numbers are kept.
    public let rawValue: Int

    public init(rawValue: Int) {
        self.rawValue = rawValue
    }

    /// Static-static Diffie-Hellman; goes with ``HKDFAlgorithm/hkdfSHA256``.
    public static let ecdhSSHKDF256 = Self(rawValue: -27)
    /// Static-static Diffie-Hellman; goes with ``HKDFAlgorithm/hkdfSHA512``.
    public static let ecdhSSHKDF512 = Self(rawValue: -28)

    /// The algorithm that a group's HKDF fixes; `nil` for an unknown HKDF.
    public init?(fixedBy hkdf: HKDFAlgorithm) {
        switch hkdf {
        // GOSC-0036, RFC 10021 §2.1.10
        case .hkdfSHA256: self = .ecdhSSHKDF256
        // GOSC-0037
        case .hkdfSHA512: self = .ecdhSSHKDF512
        default: return nil
        }
    }

    /// The HKDF that the algorithm names; `nil` if unknown, or not direct static-static agreement.
    public var hkdf: HKDFAlgorithm? {
        switch self {
        case .ecdhSSHKDF256: .hkdfSHA256
        case .ecdhSSHKDF512: .hkdfSHA512
        default: nil
        }
    }

    /// Whether a group with this HKDF may have it (GOSC-0038).
    public func isUsable(with hkdf: HKDFAlgorithm) -> Bool { self.hkdf == hkdf }

    /// The registered name, or the number.
    public var name: String {
        switch self {
        case .ecdhSSHKDF256: "ECDH-SS + HKDF-256"
        case .ecdhSSHKDF512: "ECDH-SS + HKDF-512"
        default: String(rawValue)
        }
    }
}
