import COSE
public import OSCORE

extension GroupAlgorithms {
    /// Refuses algorithms that are unknown, forbidden, or do not fit each other (RFC 10021 §2.1).
    ///
    /// - Throws: ``OSCORE/ContextError`` with the reason.
    public func validate() throws(ContextError) {
        guard hkdf.hash != nil else { throw .unsupportedAlgorithm }
        if let groupEncryption {
            // GOSC-0027: AES-CBC is forbidden, whatever its use elsewhere. GOSC-0028: so is what nobody specified.
            switch groupEncryption.refusal {
            case nil: break
            case .cipherBlockChaining: throw .forbiddenAlgorithm
            case .unknown: throw .unsupportedAlgorithm
            }
        }
        if let aead {
            // GOSC-0010: pairwise mode rests on the integrity of its algorithm.
            let asGroupEncryption = GroupEncryptionAlgorithm(rawValue: aead.rawValue)
            guard asGroupEncryption.streamCipherKind == nil, asGroupEncryption.refusal != .cipherBlockChaining else {
                throw .notAnAEAD
            }
            guard aead.aeadKind != nil else { throw .unsupportedAlgorithm }
        }
        if let signature {
            guard signature.signatureKind != nil else { throw .unsupportedAlgorithm }
        }
        // GOSC-0036, GOSC-0037, GOSC-0038: the agreement names the group's HKDF.
        if let pairwiseKeyAgreement {
            guard pairwiseKeyAgreement == PairwiseKeyAgreementAlgorithm(fixedBy: hkdf) else {
                throw .keyAgreementMismatch
            }
        }
        guard hasGroupMode || hasPairwiseMode else { throw .noMode }
    }
}
