import Bytes
import CBOR

/// What joiner and manager sign to prove that they hold their private keys (draft-ietf-ace-key-groupcomm-oscore §6).
public enum ProofOfPossession: Sendable {
    /// The input of the joiner's proof: `scope | N_S | N_C`, each as a CBOR byte string with its head.
    ///
    /// - Parameters:
    ///   - scope: The bytes sent in `scope`, as sent.
    ///   - kdcChallenge: N_S, the manager's challenge.
    ///   - clientNonce: N_C, from the same request.
    public static func clientInput(
        scope: Span<UInt8>, kdcChallenge: Span<UInt8>, clientNonce: Span<UInt8>
    ) -> [UInt8] {
        // GM-0131: heads included, in this order.
        var input: [UInt8] = []
        CBOREncoding.write(bytes: scope, into: &input)
        CBOREncoding.write(bytes: kdcChallenge, into: &input)
        CBOREncoding.write(bytes: clientNonce, into: &input)
        return input
    }

    /// The input of the manager's proof: `N_C | N_KDC`, each as a CBOR byte string with its head.
    public static func managerInput(clientNonce: Span<UInt8>, kdcNonce: Span<UInt8>) -> [UInt8] {
        // GM-0144
        var input: [UInt8] = []
        CBOREncoding.write(bytes: clientNonce, into: &input)
        CBOREncoding.write(bytes: kdcNonce, into: &input)
        return input
    }
}
