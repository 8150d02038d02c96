import Bytes
import COSE
import CryptoPrimitives

/// The manager's key pair in one group, and its credential.
struct ManagerKey {
    let kind: KeyKind
    let secret: SecretField
    /// Byte for byte as members get it.
    let credential: [UInt8]

    /// The private key. Only for the moment.
    func privateKey() throws(CryptoError) -> PrivateKey {
        try PrivateKey(kind, secret: secret.bytes)
    }
}

extension ManagerState {
    /// The manager's key in a group; `nil` before the store is initialised.
    func key(in group: GroupState) -> ManagerKey? {
        if let own = group.credential {
            return KeyKind(coseCurve: own.curve).map {
                ManagerKey(kind: $0, secret: own.privateKey, credential: own.credential)
            }
        }
        return identity.map { ManagerKey(kind: .ed25519, secret: $0.signingSeed, credential: $0.credential) }
    }
}
