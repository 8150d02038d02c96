// GM-0492: what must survive per member.
/// One member. Its primary key is (``groupName``, ``name``); a client is at most once in a group.
public struct MemberRecord: Hashable, Sendable {
    public var groupName: String
    /// What people call it; unique in the group.
    public var name: String
    /// The NODENAME in its URIs. ``name``, unless another client has had that before.
    public var nodeName: String
    /// Whose membership this is.
    public var client: ClientIdentity
    /// The `Tperm` bits.
    public var roles: UInt64
    /// `nil` for a monitor.
    public var senderID: [UInt8]?
    // GM-0191
    /// The authentication credential as it is handed out: a chain or bag byte for byte as received, a credential that came
    /// alone without its tag. `nil` for a monitor.
    public var credential: [UInt8]?
    /// The scope entry of the last join byte for byte as received.
    public var scope: [UInt8]
    /// N_C of the last join.
    public var clientNonce: [UInt8]
    /// Where the member is told of new keys; `nil` if it did not say, or named somebody else's address.
    public var controlURI: String?
    /// In seconds since 1970.
    public var joinedAt: UInt64
    // GM-0317
    /// Which key generation the member is known to have. Behind that of the group, it has to be told.
    public var keyVersion: UInt64
    // GM-0387
    /// The Gid under which it has joined, in a group whose Gids come again; else `nil`.
    public var birthGroupID: [UInt8]?

    public init(
        groupName: String, name: String, nodeName: String, client: ClientIdentity, roles: UInt64, senderID: [UInt8]?,
        credential: [UInt8]?, scope: [UInt8], clientNonce: [UInt8], controlURI: String?, joinedAt: UInt64,
        keyVersion: UInt64 = 0, birthGroupID: [UInt8]? = nil
    ) {
        self.groupName = groupName
        self.name = name
        self.nodeName = nodeName
        self.client = client
        self.roles = roles
        self.senderID = senderID
        self.credential = credential
        self.scope = scope
        self.clientNonce = clientNonce
        self.controlURI = controlURI
        self.joinedAt = joinedAt
        self.keyVersion = keyVersion
        self.birthGroupID = birthGroupID
    }
}

/// Names a member: a group and a name in it.
public struct MemberKey: Hashable, Sendable {
    public var groupName: String
    /// The ``MemberRecord/name``.
    public var name: String

    public init(groupName: String, name: String) {
        self.groupName = groupName
        self.name = name
    }
}

extension MemberRecord {
    /// Its primary key.
    public var key: MemberKey { MemberKey(groupName: groupName, name: name) }
}
