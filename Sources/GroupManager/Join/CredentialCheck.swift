import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

/// Whether a credential may be a member's, and whether whoever sends it has the private key.
struct CredentialCheck {
    let state: ManagerState
    let settings: ManagerSettings
    let group: GroupState
    /// N_S.
    let kdcChallenge: [UInt8]
    /// Seconds since 1970.
    let now: UInt64

    // GM-0141: eligibility first, then the proof.
    func check(
        _ bytes: [UInt8], evidence: [UInt8], scope: [UInt8], clientNonce: [UInt8]
    ) throws(JoinRefusal) -> ProvidedCredential {
        let provided = try eligible(bytes)
        let publicKey = provided.endEntity.publicKey
        // GM-0138, GM-0196: nothing but this proof shows it in the OSCORE profile.
        guard !evidence.isEmpty else { throw .evidenceInvalid }
        // GM-0131, GM-0148, GM-0149: over the bytes as received, before anything is given away.
        let input = ProofOfPossession.clientInput(
            scope: scope.span, kdcChallenge: kdcChallenge.span, clientNonce: clientNonce.span)
        guard group.configuration.groupMode == nil else {
            // GM-0132
            guard publicKey.isValidSignature(evidence.span, for: input.span) else { throw .evidenceInvalid }
            return provided
        }
        // GM-0133 to GM-0136
        guard let key = try? state.key(in: group)?.privateKey(),
            ProofOfPossession.isValidMAC(
                evidence.span, own: key, peer: publicKey, input: input.span)
        else { throw .evidenceInvalid }
        return provided
    }

    /// GM-0140
    private func eligible(_ bytes: [UInt8]) throws(JoinRefusal) -> ProvidedCredential {
        guard bytes.count <= Self.maximumCredentialCount else { throw .credentialIncompatible(.tooLong) }
        let provided: ProvidedCredential
        do {
            provided = try settings.credentialReader.provided(
                bytes.span, format: group.configuration.credentialFormat,
                validAt: settings.acceptsExpiredCredentials ? nil : Int64(clamping: now))
        } catch {
            throw .credentialIncompatible(.unreadable(error))
        }
        let publicKey = provided.endEntity.publicKey
        let kind = publicKey.kind
        // GOSC-0054: a key that the group cannot verify with never enters the roster, however well it signs.
        if let mode = group.configuration.groupMode {
            guard mode.signature.isUsable(with: kind), mode.signatureParameters.names(kind) else {
                throw .credentialIncompatible(.misfit(.signature(kind, mode.signature)))
            }
        } else if let mode = group.configuration.pairwiseMode, !mode.keyAgreementParameters.names(kind),
            let own = state.key(in: group)
        {
            throw .credentialIncompatible(.misfit(.keyAgreement(kind, own.kind)))
        }
        // GM-0142, GM-0143: a key with which nobody can agree on a secret.
        if group.configuration.pairwiseMode != nil, case .ed25519(let key) = publicKey {
            guard (try? key.montgomeryForm()) != nil else { throw .credentialIncompatible(.weakKey) }
        }
        return provided
    }

    /// A CCS with an Ed25519 key has about 50 bytes, a chain of two certificates some 500, or 1,200 under an RSA key.
    ///
    /// Whole chains are handed out, and a node reads a roster of 1 MiB at most: 256 members with the longest.
    static let maximumCredentialCount = 4_096
}
