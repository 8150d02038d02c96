public import Bytes

// GM-0492: what must survive per member.
/// One member. Its primary key is (``groupName``, ``name``).
public struct MemberRecord: Hashable, Sendable {
    public var groupName: String
    /// The NODENAME.
    public var name: String
    /// The `Tperm` bits.
    public var roles: UInt64
    /// `nil` for a monitor.
    public var senderID: [UInt8]?
    /// The authentication credential byte for byte as received; `nil` for a monitor.
    public var credential: [UInt8]?
    /// The scope entry of the last join byte for byte as received.
    public var scope: [UInt8]
    /// N_C of the last join.
    public var clientNonce: [UInt8]
    /// Where the member is told of new keys; `nil` if it did not say, or named somebody else's address.
    public var controlURI: String?
    /// The association that it joined with.
    public var association: AssociationKey
    /// In seconds since 1970.
    public var joinedAt: UInt64
    /// SHA-256 of the payload of the Join Request: the same request gets the same answer.
    public var joinRequestHash: [UInt8]
    /// The payload of the Join Response; holds the Master Secret.
    public var joinAnswer: SecretField

    public init(
        groupName: String, name: String, roles: UInt64, senderID: [UInt8]?, credential: [UInt8]?, scope: [UInt8],
        clientNonce: [UInt8], controlURI: String?, association: AssociationKey, joinedAt: UInt64,
        joinRequestHash: [UInt8], joinAnswer: SecretField
    ) {
        self.groupName = groupName
        self.name = name
        self.roles = roles
        self.senderID = senderID
        self.credential = credential
        self.scope = scope
        self.clientNonce = clientNonce
        self.controlURI = controlURI
        self.association = association
        self.joinedAt = joinedAt
        self.joinRequestHash = joinRequestHash
        self.joinAnswer = joinAnswer
    }
}
