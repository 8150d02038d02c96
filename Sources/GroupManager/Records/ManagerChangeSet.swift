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

    public init(id: CommitID, writes: [ManagerWrite]) {
        self.id = id
        self.writes = writes
    }
}

/// One write together with the guard that it stands under. When a guard fails, the whole change set fails.
public enum ManagerWrite: Hashable, Sendable {
    /// Guard: there is no identity yet.
    case insertIdentity(ManagerIdentityRecord)
    /// Guard: neither the name nor the Gid is taken.
    case insertGroup(GroupRecord)
    /// Guard: the client Sender ID is not taken.
    case insertInvitation(InvitationRecord)
    /// Guard: the invitation exists and nobody has used it. Sets `consumedBy` to the key's ID Context.
    case consumeInvitation(AssociationKey)
    /// Guard: the group has no member of this name.
    case insertMember(MemberRecord)
    // GM-0395
    /// Guard: this Sender ID was never handed out under this Gid in this group.
    case assignSenderID(AssignedSenderIDRecord)
    /// Inserts or replaces. Guard: the highest Partial IV and the reserved end do not go back.
    case putAssociation(AssociationRecord)
}

/// The guard that refused a change set.
public enum ManagerWriteError: Error, Hashable, Sendable {
    case identityExists
    case groupExists
    case invitationExists
    case invitationUnknown
    case invitationUsed
    case memberExists
    case senderIDTaken
    case associationWentBack
    /// A record that does not decode: the store is damaged.
    case invalidRecord
}

/// Everything that a store holds, as it is loaded at start.
public struct ManagerSnapshot: Hashable, Sendable {
    /// `nil` if the store was never initialised.
    public var identity: ManagerIdentityRecord?
    public var groups: [GroupRecord]
    public var members: [MemberRecord]
    public var invitations: [InvitationRecord]
    public var associations: [AssociationRecord]
    public var assignedSenderIDs: [AssignedSenderIDRecord]

    public init(
        identity: ManagerIdentityRecord? = nil, groups: [GroupRecord] = [], members: [MemberRecord] = [],
        invitations: [InvitationRecord] = [], associations: [AssociationRecord] = [],
        assignedSenderIDs: [AssignedSenderIDRecord] = []
    ) {
        self.identity = identity
        self.groups = groups
        self.members = members
        self.invitations = invitations
        self.associations = associations
        self.assignedSenderIDs = assignedSenderIDs
    }
}
