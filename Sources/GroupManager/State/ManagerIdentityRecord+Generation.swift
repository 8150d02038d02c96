import Bytes
import COSE
public import CryptoPrimitives

extension ManagerIdentityRecord {
    /// Makes a new manager: its signing key, the credential for it and its local prefix.
    ///
    /// - Parameters:
    ///   - name: The manager's name; the subject of its credential.
    ///   - random: A cryptographically secure generator.
    /// - Throws: What ``CryptoPrimitives/Ed25519PrivateKey/init(seed:)`` throws, though the seed always has the right
    ///   length.
    public static func generate(
        name: String, random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> Self {
        let seed = SecretField(random.secretBytes(32))
        let publicKey = try Ed25519PrivateKey(seed: seed.bytes).publicKey
        return Self(
            name: name, signingSeed: seed,
            credential: AuthenticationCredential.ccs(subject: name, publicKey: publicKey).bytes,
            globalID: random.bytes(5))
    }
}
