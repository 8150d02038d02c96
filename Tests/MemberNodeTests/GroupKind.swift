import ACEGroupcomm
import COSE
import CryptoPrimitives
import Testing

/// What a group can be made of: modes, keys, format of credentials.
struct GroupKind: CustomTestStringConvertible {
    let keyKind: KeyKind
    let hasGroupMode: Bool
    let hasPairwiseMode: Bool
    let format: CredentialFormat

    static let all: [Self] =
        [KeyKind.ed25519, .p256, .p384, .p521].flatMap {
            [Self($0, group: true, pairwise: false), Self($0, group: true, pairwise: true)]
        } + pairwiseOnly + otherFormats
    static let pairwiseOnly: [Self] = [KeyKind.x25519, .p256, .p384, .p521].map {
        Self($0, group: false, pairwise: true)
    }

    /// Credentials that their holder signs.
    static let otherFormats: [Self] = [CredentialFormat.cwt, .c509, .c509Bag].flatMap {
        [
            Self(.ed25519, group: true, pairwise: true, format: $0),
            Self(.p256, group: true, pairwise: false, format: $0),
            Self(.p384, group: false, pairwise: true, format: $0),
        ]
    }

    init(_ keyKind: KeyKind, group: Bool, pairwise: Bool, format: CredentialFormat = .ccs) {
        self.keyKind = keyKind
        hasGroupMode = group
        hasPairwiseMode = pairwise
        self.format = format
    }

    var testDescription: String {
        "\(keyKind.name), \(format.name)" + (hasGroupMode ? ", group" : "") + (hasPairwiseMode ? ", pairwise" : "")
    }

    func apply(to configuration: inout GroupConfiguration) {
        configuration.credentialFormat = format
        let signature = SignatureAlgorithm.known.first { $0.signatureKind?.keyKind == keyKind }
        configuration.groupMode =
            hasGroupMode
            ? signature.map {
                GroupKeyMap.GroupMode(
                    encryption: .aesCCM_16_64_128, signature: $0, signatureParameters: AlgorithmCapabilities(keyKind))
            } : nil
        configuration.pairwiseMode =
            hasPairwiseMode
            ? GroupKeyMap.PairwiseMode(
                aead: .aesCCM_16_64_128, keyAgreement: .ecdhSSHKDF256,
                keyAgreementParameters: AlgorithmCapabilities(keyKind == .ed25519 ? .x25519 : keyKind)) : nil
    }
}
