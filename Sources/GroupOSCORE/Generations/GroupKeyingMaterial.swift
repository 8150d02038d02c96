public import Bytes

/// What the Group Manager distributes with a rekeying (RFC 10021 §12.2). Not installed by being received.
public struct GroupKeyingMaterial: ~Copyable, Sendable {
    /// The Key Generation Number, one more with each rekeying.
    public let keyGeneration: UInt64
    /// The new Gid.
    public let groupID: GroupID
    /// The new Master Secret.
    public let masterSecret: SecretBytes
    // GOSC-0106
    /// The new Master Salt; empty if none came with the keys, whatever the old one was.
    public let masterSalt: [UInt8]

    /// Takes received material; the secret is copied.
    public init(keyGeneration: UInt64, groupID: GroupID, masterSecret: Span<UInt8>, masterSalt: [UInt8]?) {
        self.keyGeneration = keyGeneration
        self.groupID = groupID
        self.masterSecret = SecretBytes(copying: masterSecret)
        self.masterSalt = masterSalt ?? []
    }
}
