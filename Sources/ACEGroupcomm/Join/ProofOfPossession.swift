import Bytes
import CBOR
public import CryptoPrimitives

/// What joiner and manager sign, or compute a MAC of, to prove that they hold their private keys
/// (draft-ietf-ace-key-groupcomm-oscore §6).
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

    // GM-0133, GM-0134: SHA-256 and an empty salt, whatever the HKDF of the group is.
    /// The proof where no member signs: HKDF SHA-256 of the Diffie-Hellman secret of both, with the input as info.
    ///
    /// - Parameters:
    ///   - own: The key whose possession is proved, or that of who checks: both compute the same.
    ///   - peer: The other one's key, of the same kind.
    ///   - input: What ``clientInput(scope:kdcChallenge:clientNonce:)`` or ``managerInput(clientNonce:kdcNonce:)`` made.
    /// - Returns: ``macLength`` bytes.
    /// - Throws: ``CryptoError/invalidKey`` for a key of another kind; ``CryptoError/invalidPoint`` if the secret is zero.
    public static func mac(
        own: borrowing PrivateKey, peer: PublicKey, input: Span<UInt8>
    ) throws(CryptoError) -> [UInt8] {
        let secret = try own.sharedSecret(with: peer)
        let salt: [UInt8] = []
        return try [UInt8](capacity: macLength) { output throws(CryptoError) in
            try HKDF.derive(
                .sha256, salt: salt.span, secret: secret.bytes, info: input, count: macLength, into: &output)
        }
    }

    // GM-0135
    /// Whether bytes are the MAC, in a time that does not depend on them. Any other length than ``macLength`` is not.
    public static func isValidMAC(
        _ mac: Span<UInt8>, own: borrowing PrivateKey, peer: PublicKey, input: Span<UInt8>
    ) -> Bool {
        guard let expected = try? Self.mac(own: own, peer: peer, input: input) else { return false }
        return ConstantTime.equal(mac, expected.span)
    }

    /// How long a MAC is, in bytes.
    public static let macLength = 8
}
