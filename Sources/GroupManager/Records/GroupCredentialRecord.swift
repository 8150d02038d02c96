public import Bytes

/// The manager's own credential in one group, where that of its identity does not fit the algorithms or the format.
///
/// Its primary key is ``groupName``.
public struct GroupCredentialRecord: Hashable, Sendable {
    public var groupName: String
    /// The COSE number of the curve of the key: 6 Ed25519, 4 X25519, 1 P-256, 2 P-384, 3 P-521.
    public var curve: Int
    /// The private key as `CryptoPrimitives` takes it: 32 bytes for Ed25519 and X25519, the scalar otherwise.
    public var privateKey: SecretField
    /// The credential byte for byte as members get it.
    public var credential: [UInt8]

    public init(groupName: String, curve: Int, privateKey: SecretField, credential: [UInt8]) {
        self.groupName = groupName
        self.curve = curve
        self.privateKey = privateKey
        self.credential = credential
    }
}
