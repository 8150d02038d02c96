public import Bytes

/// One invitation, open, used or expired. Its primary key is ``clientSenderID``.
public struct InvitationRecord: Hashable, Sendable {
    /// The node's Sender ID towards the manager: 7 random bytes, unique in a store.
    public var clientSenderID: [UInt8]
    /// The manager's Sender ID towards the node.
    public var managerSenderID: [UInt8]
    /// The OSCORE Master Secret, 16 bytes.
    public var masterSecret: SecretField
    public var groupName: String
    public var nodeName: String
    /// The `Tperm` bits that the node may take.
    public var roles: UInt64
    /// In seconds since 1970.
    public var createdAt: UInt64
    /// In seconds since 1970.
    public var expiry: UInt64
    /// The ID Context of the association that used the invitation; `nil` while it is unused.
    public var consumedBy: [UInt8]?
    /// When it was revoked, in seconds since 1970; `nil` unless it was.
    public var revokedAt: UInt64?
    // GM-0396
    /// When the store was restored that it is from, in seconds since 1970: it opens nothing any more. `nil` unless one was.
    public var barredAt: UInt64?

    public init(
        clientSenderID: [UInt8], managerSenderID: [UInt8], masterSecret: SecretField, groupName: String,
        nodeName: String, roles: UInt64, createdAt: UInt64, expiry: UInt64, consumedBy: [UInt8]?,
        revokedAt: UInt64? = nil, barredAt: UInt64? = nil
    ) {
        self.clientSenderID = clientSenderID
        self.managerSenderID = managerSenderID
        self.masterSecret = masterSecret
        self.groupName = groupName
        self.nodeName = nodeName
        self.roles = roles
        self.createdAt = createdAt
        self.expiry = expiry
        self.consumedBy = consumedBy
        self.revokedAt = revokedAt
        self.barredAt = barredAt
    }
}
