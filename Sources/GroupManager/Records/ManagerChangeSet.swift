public import Bytes

/// Names one change set within the life of an engine.
public struct CommitID: Hashable, Sendable {
    public let rawValue: UInt64

    public init(_ rawValue: UInt64) {
        self.rawValue = rawValue
    }
}

/// Writes that become durable together or not at all.
public struct ManagerChangeSet: Hashable, Sendable {
    public let id: CommitID
    /// In the order in which they are to be applied.
    public let writes: [ManagerWrite]
    /// Which departures are among them: for a journal that outlives the store.
    public let departures: [DepartureEntry]

    public init(id: CommitID, writes: [ManagerWrite], departures: [DepartureEntry] = []) {
        self.id = id
        self.writes = writes
        self.departures = departures
    }
}

/// One write together with the guard that it stands under. When a guard fails, the whole change set fails.
public enum ManagerWrite: Hashable, Sendable {
    /// Guard: there is no identity yet.
    case insertIdentity(ManagerIdentityRecord)
    /// Guard: there are no token keys yet.
    case insertTokenKeys(TokenKeysRecord)
    /// Guard: neither the name nor the Gid is taken.
    case insertGroup(GroupRecord)
    /// Guard: the group exists, and has none.
    case insertGroupCredential(GroupCredentialRecord)

    /// Guard: the client Sender ID is not taken, and the group exists.
    case insertInvitation(InvitationRecord)
    /// Guard: the invitation exists and nobody has used it. Sets `consumedBy` to the key's ID Context.
    case consumeInvitation(AssociationKey)
    /// Guard: the invitation exists and was not revoked. Sets `revokedAt`.
    case revokeInvitation(clientSenderID: [UInt8], at: UInt64)
    /// Inserts or replaces. Guard: the invitation exists and is not barred; the highest Partial IV and the reserved end do not
    /// go back.
    case putAssociation(AssociationRecord)

    /// Guard: the Recipient ID is not taken. Any other record of the same client goes: a client has one association.
    case insertClient(ClientRecord)
    /// Guard: the record exists, and neither the highest Partial IV nor the reserved end goes back.
    case advanceClient(recipientID: [UInt8], AssociationProgress)
    /// A new token for the same association. Guard: the record exists.
    case reauthorizeClient(recipientID: [UInt8], tokenID: [UInt8], scope: [UInt8], expiry: UInt64)
    /// Where the client was heard from. Guard: the record exists.
    case locateClient(recipientID: [UInt8], SocketAddress)
    /// A new N_S. Guard: the record exists.
    case challengeClient(recipientID: [UInt8], kdcChallenge: [UInt8])
    /// Guard: the record exists.
    case removeClient(recipientID: [UInt8])
    /// Guard: not revoked before.
    case revokeToken(RevocationRecord)

    /// Guard: the group exists, has no member of this name or NODENAME, and the client is no member of it.
    case insertMember(MemberRecord)
    /// Guard: the group has a member of this name, of the same client and with the same NODENAME.
    case replaceMember(MemberRecord)
    /// Guard: the member exists.
    case removeMember(MemberKey)
    /// Guard: the NODENAME was never given to anybody in this group.
    case assignNodeName(NodeNameRecord)
    // GM-0395
    /// Guard: this Sender ID was never handed out under this Gid in this group.
    case assignSenderID(AssignedSenderIDRecord)
    /// Guard: the group exists and the Sender ID is not in this set.
    case addStaleSenderID(StaleSenderIDRecord)

    // GM-0332
    /// Guard: the group exists, and no group has or had this prefix.
    case assignGroupIDPrefix(GroupIDPrefixRecord)
    /// New keys. Sets of stale Sender IDs that nobody may ask for any more go, and so does what was handed out under former
    /// Gids. Guard: the group exists, the version is higher than its own, its prefix is the group's, no group has the Gid, and
    /// the epoch goes up under one prefix, unless the group's Gids come again and no member has joined under this one. Under a new
    /// prefix of such a group this is the Birth Gid of every member.
    case rekeyGroup(GroupRekeying)
    // GM-0336
    /// The group needs new keys; joins an earlier reason. Guard: the group exists.
    case demandRekeying(groupName: String, DueRekeying)
    /// Guard: the group exists, and the client was not evicted from it.
    case evict(EvictionRecord)
    /// The client may come back. Guard: it was evicted.
    case readmit(groupName: String, ClientIdentity)
    /// The member has the keys of a version. Guard: it exists, it had none of a later one, and the group is not behind.
    case confirmKeys(MemberKey, version: UInt64)
    /// Guard: it is the next one, and names the hash of the latest.
    case appendAudit(AuditRecord)
    /// Guard: it is of the latest record, which has none yet.
    case appendCheckpoint(AuditCheckpoint)

    // GM-0396
    /// The store is an earlier one: every association goes, invitations open nothing any more, no Sender ID is stale, and nothing
    /// may be served before ``completeRestore``. Guard: not earlier than a restore that is pending.
    case restore(RestoreRecord)
    /// The operator has decided who stays. Guard: a restore is pending.
    case completeRestore
}

/// The guard that refused a change set.
public enum ManagerWriteError: Error, Hashable, Sendable {
    case identityExists
    case tokenKeysExist
    case groupExists
    case groupUnknown
    case groupCredentialExists
    case invitationExists
    case invitationUnknown
    case invitationUsed
    case invitationRevoked
    case clientExists
    case clientUnknown
    case tokenRevoked
    case memberExists
    case memberUnknown
    case nodeNameTaken
    case senderIDTaken
    case senderIDStale
    case associationWentBack
    case groupIDPrefixTaken
    case groupIDUsed
    case versionWentBack
    case evicted
    case notEvicted
    /// An audit record that does not follow the latest one, or a checkpoint of another one.
    case auditMismatch
    /// Nothing may be served yet.
    case restorePending
    case noRestorePending
    /// The invitation is from before a restore.
    case invitationBarred
    /// A record that does not decode: the store is damaged.
    case invalidRecord
}

/// Everything that a store holds, as it is loaded at start.
public struct ManagerSnapshot: Hashable, Sendable {
    /// `nil` if the store was never initialised.
    public var identity: ManagerIdentityRecord?
    /// `nil` until the manager has run once.
    public var tokenKeys: TokenKeysRecord?
    public var groups: [GroupRecord] = []
    public var groupCredentials: [GroupCredentialRecord] = []
    public var members: [MemberRecord] = []
    public var nodeNames: [NodeNameRecord] = []
    public var invitations: [InvitationRecord] = []
    public var associations: [AssociationRecord] = []
    public var clients: [ClientRecord] = []
    public var revocations: [RevocationRecord] = []
    public var assignedSenderIDs: [AssignedSenderIDRecord] = []
    public var staleSenderIDs: [StaleSenderIDRecord] = []
    public var groupIDPrefixes: [GroupIDPrefixRecord] = []
    public var evictions: [EvictionRecord] = []
    /// The end of the audit record; the rest of it is not loaded.
    public var audit = AuditHead()
    /// `nil` unless the operator still has to decide who stays.
    public var pendingRestore: RestoreRecord?

    /// Of a store that holds nothing else.
    public init(identity: ManagerIdentityRecord? = nil, groups: [GroupRecord] = []) {
        self.identity = identity
        self.groups = groups
    }
}
