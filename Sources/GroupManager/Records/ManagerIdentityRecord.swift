public import Bytes

/// Who a manager is. There is exactly one in a store.
public struct ManagerIdentityRecord: Hashable, Sendable {
    /// The manager's name.
    public var name: String
    /// The 32-byte Ed25519 seed behind ``credential``.
    public var signingSeed: SecretField
    /// The manager's authentication credential, a CCS, byte for byte as members get it.
    public var credential: [UInt8]
    /// The 40 random bits of this manager's unique local prefix `fdXX:XXXX:XXXX::/48` (RFC 4193 §3.2.2), from which
    /// multicast addresses are made; 5 bytes.
    public var globalID: [UInt8]

    public init(name: String, signingSeed: SecretField, credential: [UInt8], globalID: [UInt8]) {
        self.name = name
        self.signingSeed = signingSeed
        self.credential = credential
        self.globalID = globalID
    }
}
