public import COSE
public import CryptoPrimitives

extension KeyKind {
    // GOSC-0054, GOSC-0246
    /// What keys the members of a group have, and the Group Manager with them: one kind for both modes.
    ///
    /// Where members sign it is the kind of the Signature Algorithm, and if they use the pairwise mode, too, its curve is that
    /// of the key agreement. Where nobody signs it is the kind of the key agreement; Ed25519 keys are for those who sign.
    ///
    /// - Parameters:
    ///   - signature: The Signature Algorithm with its parameters; `nil` without group mode.
    ///   - keyAgreement: The parameters of the key agreement; `nil` without pairwise mode.
    /// - Returns: `nil` if these do not go together, or name a key that is not built.
    public init?(
        signature: (algorithm: SignatureAlgorithm, parameters: AlgorithmCapabilities)?,
        keyAgreement: AlgorithmCapabilities?
    ) {
        let agreement = KeyKind.allCases.first { keyAgreement?.names($0) == true }
        guard keyAgreement == nil || agreement != nil else { return nil }
        guard let signature else {
            guard let agreement, agreement != .ed25519 else { return nil }
            self = agreement
            return
        }
        guard let kind = signature.algorithm.signatureKind?.keyKind, signature.parameters.names(kind),
            agreement.map(kind.sharesSecrets(with:)) ?? true
        else { return nil }
        self = kind
    }
}

extension GroupConfiguration {
    /// What keys its members have; `nil` if its algorithms do not go together.
    public var keyKind: KeyKind? {
        KeyKind(
            signature: groupMode.map { ($0.signature, $0.signatureParameters) },
            keyAgreement: pairwiseMode?.keyAgreementParameters)
    }
}

extension GroupKeyMap {
    /// What keys the members of the group have; `nil` if its algorithms do not go together.
    public var keyKind: KeyKind? {
        KeyKind(
            signature: groupMode.map { ($0.signature, $0.signatureParameters) },
            keyAgreement: pairwiseMode?.keyAgreementParameters)
    }
}
