import ACEGroupcomm
import COSE
import CryptoPrimitives

/// The algorithms of a group, by the names of the COSE registry or of a policy that stands for several.
struct GroupPolicy: Hashable {
    /// How messages of the group are protected.
    enum Mode: String, CaseIterable {
        /// For all members, and signed.
        case group
        /// For one member.
        case pairwise
    }

    var modes: Set<Mode> = [.group]
    /// Encrypts in group mode.
    var encryption: GroupEncryptionAlgorithm
    var signature: SignatureAlgorithm
    /// Encrypts in pairwise mode.
    var aead: AEADAlgorithm
    /// What keys members have where nobody signs.
    var curve = KeyKind.x25519
    var hkdf: HKDFAlgorithm

    /// What every implementation has: AES-CCM-16-64-128, EdDSA with Ed25519, HKDF SHA-256.
    static let standard = Self(
        encryption: .aesCCM_16_64_128, signature: .edDSA, aead: .aesCCM_16_64_128, hkdf: .hkdfSHA256)

    /// The same with tags of 16 bytes instead of 8.
    static let longTags = Self(
        encryption: .aesCCM_16_128_128, signature: .edDSA, aead: .aesCCM_16_128_128, hkdf: .hkdfSHA256)

    /// In the order in which errors list them.
    static let named: [(name: String, policy: Self)] = [("standard", .standard), ("long-tags", .longTags)]

    static let encryptions: [(name: String, algorithm: GroupEncryptionAlgorithm)] = [
        GroupEncryptionAlgorithm.aesCCM_16_64_128, .aesCCM_16_128_128, .aesCCM_16_64_256, .aesCCM_16_128_256,
        .aesCCM_64_64_128, .aesCCM_64_128_128, .aesCCM_64_64_256, .aesCCM_64_128_256,
    ].map { ($0.name, $0) }

    /// The same of the other mode.
    static let aeads: [(name: String, algorithm: AEADAlgorithm)] = encryptions.map {
        ($0.name, AEADAlgorithm(rawValue: $0.algorithm.rawValue))
    }

    static let signatures: [(name: String, algorithm: SignatureAlgorithm)] = SignatureAlgorithm.known.map {
        ($0.name, $0)
    }

    /// For keys that do not sign; where members sign, the signature decides.
    static let curves: [(name: String, algorithm: KeyKind)] = [KeyKind.x25519, .p256, .p384, .p521].map {
        ($0.name, $0)
    }

    static let hkdfs: [(name: String, algorithm: HKDFAlgorithm)] = [
        ("HKDF-SHA-256", .hkdfSHA256), ("HKDF-SHA-384", .hkdfSHA384), ("HKDF-SHA-512", .hkdfSHA512),
    ]

    /// The parameters of group mode; `nil` without it.
    var groupMode: GroupKeyMap.GroupMode? {
        guard modes.contains(.group), let kind = signature.signatureKind?.keyKind else { return nil }
        return GroupKeyMap.GroupMode(
            encryption: encryption, signature: signature, signatureParameters: AlgorithmCapabilities(kind))
    }

    /// The parameters of pairwise mode; `nil` without it, and for an HKDF that it has no agreement for.
    var pairwiseMode: GroupKeyMap.PairwiseMode? {
        guard modes.contains(.pairwise), let keyAgreement = PairwiseKeyAgreementAlgorithm(fixedBy: hkdf) else {
            return nil
        }
        return GroupKeyMap.PairwiseMode(
            aead: aead, keyAgreement: keyAgreement, keyAgreementParameters: AlgorithmCapabilities(agreementCurve))
    }

    /// What keys members have; `nil` if the algorithms do not go together.
    var keyKind: KeyKind? {
        KeyKind(
            signature: groupMode.map { ($0.signature, $0.signatureParameters) },
            keyAgreement: pairwiseMode?.keyAgreementParameters)
    }

    /// The curve on which members agree on secrets: with Ed25519 keys in their other form.
    private var agreementCurve: KeyKind {
        guard modes.contains(.group), let kind = signature.signatureKind?.keyKind else { return curve }
        return kind == .ed25519 ? .x25519 : kind
    }
}
