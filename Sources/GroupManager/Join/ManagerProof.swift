import ACEGroupcomm
import Bytes
import COSE
import CryptoPrimitives

/// The manager's proof that it holds its private key (draft-ietf-ace-key-groupcomm-oscore §6.3).
struct ManagerProof {
    let state: ManagerState
    let group: GroupState

    /// Proves it over the nonce of the client and a fresh one.
    ///
    /// - Parameter peer: The client's public key; needed where the proof is a MAC.
    func prove(
        clientNonce: [UInt8], peer: PublicKey?, random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> ManagerCredentialAnswer {
        guard let key = state.key(in: group) else { throw .backendFailure }
        // GM-0072
        let nonce = random.bytes(8)
        // GM-0144, GM-0145
        let input = ProofOfPossession.managerInput(clientNonce: clientNonce.span, kdcNonce: nonce.span)
        let evidence: [UInt8]
        if group.configuration.groupMode == nil {
            guard let peer else { throw .backendFailure }
            evidence = try ProofOfPossession.mac(own: key.privateKey(), peer: peer, input: input.span)
        } else {
            evidence = try key.privateKey().signature(of: input.span)
        }
        return ManagerCredentialAnswer(credential: key.credential, nonce: nonce, evidence: evidence)
    }
}
