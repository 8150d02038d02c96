import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

// Who holds which private key (draft-ietf-ace-key-groupcomm-oscore §6.1, §6.4): signatures, or MACs where nobody signs.
extension NodeEngine {
    /// The proof that this node holds the private key of its credential, over scope, N_S and N_C.
    ///
    /// - Throws: ``JoinFailure/wrongManager`` if the MAC would be for another manager than the one that the invitation names.
    func ownProof(over input: [UInt8], _ terms: JoinTerms) throws(JoinFailure) -> [UInt8] {
        guard let identity, let association = associationRecord else { throw .unsupportedGroup }
        do {
            let key = try Self.privateKey(of: identity)
            switch terms.proof {
            case .signature:
                // GM-0139: never empty.
                return try key.signature(of: input.span)
            case .mac(let managerCredential):
                // GM-0133, GM-0136
                guard SHA256.hash(managerCredential.span) == association.managerCredentialHash else {
                    throw JoinFailure.wrongManager
                }
                let manager = try credentials.reader.credential(
                    managerCredential.span, format: terms.credentialFormat)
                return try ProofOfPossession.mac(own: key, peer: manager.publicKey, input: input.span)
            }
        } catch let failure as JoinFailure {
            throw failure
        } catch {
            throw .unsupportedGroup
        }
    }

    // GM-0145, GM-0146
    /// The manager's credential, once it is proved that the manager holds its private key.
    ///
    /// - Parameters:
    ///   - answer: Credential, N_KDC and evidence.
    ///   - isSigned: Whether the group has signatures; the proof is a MAC otherwise.
    /// - Throws: ``JoinFailure/managerProof``.
    func provenManager(
        _ answer: ManagerCredentialAnswer, format: CredentialFormat, isSigned: Bool
    ) throws(JoinFailure) -> AuthenticationCredential {
        guard let association = associationRecord,
            let credential = try? credentials.reader.credential(answer.credential.span, format: format)
        else { throw .managerProof }
        // GM-0144
        let input = ProofOfPossession.managerInput(
            clientNonce: association.clientNonce.span, kdcNonce: answer.nonce.span)
        guard isProven(credential.publicKey, by: answer.evidence, over: input, isSigned: isSigned) else {
            throw .managerProof
        }
        return credential
    }

    private func isProven(
        _ manager: PublicKey, by evidence: [UInt8], over input: [UInt8], isSigned: Bool
    ) -> Bool {
        guard !isSigned else { return manager.isValidSignature(evidence.span, for: input.span) }
        guard let identity, let own = try? Self.privateKey(of: identity) else { return false }
        return ProofOfPossession.isValidMAC(evidence.span, own: own, peer: manager, input: input.span)
    }
}
