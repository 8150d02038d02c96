import ACEGroupcomm
import COSE

/// The algorithms of a group, by the names of the COSE registry or of a policy that stands for several.
struct GroupPolicy: Hashable {
    var encryption: GroupEncryptionAlgorithm
    var signature: SignatureAlgorithm
    var signatureParameters: AlgorithmCapabilities
    var hkdf: HKDFAlgorithm

    /// What every implementation has: AES-CCM-16-64-128, EdDSA with Ed25519, HKDF SHA-256.
    static let standard = Self(
        encryption: .aesCCM_16_64_128, signature: .edDSA, signatureParameters: .ed25519, hkdf: .hkdfSHA256)

    /// The same with tags of 16 bytes instead of 8.
    static let longTags = Self(
        encryption: .aesCCM_16_128_128, signature: .edDSA, signatureParameters: .ed25519, hkdf: .hkdfSHA256)

    /// In the order in which errors list them.
    static let named: [(name: String, policy: Self)] = [("standard", .standard), ("long-tags", .longTags)]

    static let encryptions: [(name: String, algorithm: GroupEncryptionAlgorithm)] = [
        GroupEncryptionAlgorithm.aesCCM_16_64_128, .aesCCM_16_128_128, .aesCCM_16_64_256, .aesCCM_16_128_256,
        .aesCCM_64_64_128, .aesCCM_64_128_128, .aesCCM_64_64_256, .aesCCM_64_128_256,
    ].map { ($0.name, $0) }

    static let signatures: [(name: String, algorithm: SignatureAlgorithm)] = [("EdDSA", .edDSA)]

    static let hkdfs: [(name: String, algorithm: HKDFAlgorithm)] = [
        ("HKDF-SHA-256", .hkdfSHA256), ("HKDF-SHA-384", .hkdfSHA384), ("HKDF-SHA-512", .hkdfSHA512),
    ]
}
