import ACEGroupcomm
import COSE
import CryptoPrimitives

/// What a node must know of a group to join it: which keys and credentials members have there, and how possession of the
/// private key is proved (draft-ietf-ace-key-groupcomm-oscore §5.3, §6.1).
struct JoinTerms: Hashable {
    enum Proof: Hashable {
        /// Members sign, and so do joiners.
        case signature
        /// Nobody signs: a MAC under the secret with the Group Manager, whose credential in the group this is.
        case mac(managerCredential: [UInt8])
    }

    var keyKind: KeyKind
    var credentialFormat: CredentialFormat
    var proof: Proof

    /// What a node takes where a manager tells nothing.
    static let usual = Self(keyKind: .ed25519, credentialFormat: .ccs, proof: .signature)

    /// Reads what a manager tells of one group.
    ///
    /// - Parameters:
    ///   - signature: From `sign_info`; `nil` if nobody signs.
    ///   - keyAgreement: From `ecdh_info`; `nil` without pairwise mode.
    ///   - dhCredential: From `kdc_dh_creds`.
    /// - Returns: `nil` if that is not enough to join.
    /// - Throws: ``JoinFailure/unsupportedGroup`` if it does not go together, or names what is not built.
    static func read(
        signature: GroupParameters?, keyAgreement: GroupParameters?, dhCredential: GroupDHCredential?
    ) throws(JoinFailure) -> JoinTerms? {
        guard let format = (signature ?? keyAgreement)?.credentialFormat else { return nil }
        let kind = KeyKind(
            signature: signature.map { (SignatureAlgorithm(rawValue: $0.algorithm), $0.parameters) },
            keyAgreement: keyAgreement?.parameters)
        guard let kind, keyAgreement.map({ $0.credentialFormat == format && $0.hasKnownAgreement }) ?? true else {
            throw .unsupportedGroup
        }
        guard signature == nil else {
            return JoinTerms(keyKind: kind, credentialFormat: format, proof: .signature)
        }
        guard let dhCredential else { return nil }
        guard dhCredential.credentialFormat == format else { throw .unsupportedGroup }
        return JoinTerms(
            keyKind: kind, credentialFormat: format, proof: .mac(managerCredential: dhCredential.credential))
    }

    // GM-0048, GM-0052, GM-0054: each entry is for one group, or for several.
    /// Reads what the answer to a token upload tells of a group.
    static func read(_ answer: TokenUploadAnswer, group: String) throws(JoinFailure) -> JoinTerms? {
        try read(
            signature: answer.signInfo?.first { $0.groupNames.contains(group) },
            keyAgreement: answer.ecdhInfo?.first { $0.groupNames.contains(group) },
            dhCredential: answer.dhCredentials?.first { $0.groupNames.contains(group) })
    }

    // GM-0100
    /// Reads what a refused join tells of a group.
    ///
    /// - Parameter former: What was known before. A manager that tells nothing to whom knows nothing has the usual terms.
    static func read(
        _ information: JoinErrorInformation, group: String, after former: JoinTerms?
    ) throws(JoinFailure) -> JoinTerms? {
        let isAboutGroup = [
            information.signature?.groupNames, information.keyAgreement?.groupNames,
            information.dhCredential?.groupNames,
        ].allSatisfy { $0?.contains(group) ?? true }
        guard isAboutGroup else { return nil }
        guard information.signature != nil || information.keyAgreement != nil else { return former ?? .usual }
        return try read(
            signature: information.signature, keyAgreement: information.keyAgreement,
            dhCredential: information.dhCredential)
    }
}

extension GroupParameters {
    /// Whether this element of `ecdh_info` names an agreement that is built.
    fileprivate var hasKnownAgreement: Bool {
        PairwiseKeyAgreementAlgorithm(rawValue: algorithm).hkdf != nil
    }
}
