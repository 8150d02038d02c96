import CBOR
import CryptoPrimitives

/// A COSE_Key that holds an Ed25519 public key (RFC 9053 §7.2).
internal enum COSEKey {
    internal static let keyType: Int64 = 1
    internal static let algorithm: Int64 = 3
    internal static let curve: Int64 = -1
    internal static let x: Int64 = -2
    internal static let d: Int64 = -4

    internal static let octetKeyPair: Int64 = 1
    internal static let ed25519: Int64 = 6

    /// Builds `{1: 1, -1: 6, -2: x}`.
    internal static func value(of publicKey: Ed25519PublicKey) -> CBORValue {
        [
            CBORValue(keyType): CBORValue(octetKeyPair),
            CBORValue(curve): CBORValue(ed25519),
            CBORValue(x): .bytes(publicKey.bytes),
        ]
    }

    /// Takes the public key out; `kid`, `alg` and labels of no interest may be present.
    internal static func publicKey(in key: CBORMap) throws(CredentialError) -> Ed25519PublicKey {
        guard key[d] == nil else { throw .containsPrivateKey }
        // GOSC-0053: full algorithm information. GOSC-0055: kty and crv identify the key.
        guard let type = key[keyType] else { throw .incompleteKey }
        guard type.integer == octetKeyPair else { throw .unsupportedKey }
        guard let curve = key[curve] else { throw .incompleteKey }
        guard curve.integer == ed25519 else { throw .unsupportedKey }
        if let algorithm = key[algorithm] {
            guard algorithm.integer == Int64(SignatureAlgorithm.edDSA.rawValue) else { throw .unsupportedKey }
        }
        guard let bytes = key[x]?.byteString else { throw .incompleteKey }
        do throws(CryptoError) {
            return try Ed25519PublicKey(bytes.span)
        } catch {
            throw .invalidKey
        }
    }
}
