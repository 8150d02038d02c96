/// What a node wants to be durable, as one atomic step.
public struct NodeChangeSet: Sendable {
    /// Names this change until the shell answers.
    public let id: NodeCommitID
    /// All or none of these take effect, in order.
    public let writes: [NodeWrite]
}

/// Names one commit of one engine.
public struct NodeCommitID: Hashable, Sendable {
    /// Counts up from 1.
    public let rawValue: UInt64
}

/// One durable write of a node.
public enum NodeWrite: Sendable {
    /// Keeps key pair and credential, in place of earlier ones. Guard: there is no membership, which they belong to.
    case saveIdentity(IdentityRecord)
    /// Keeps the association with the manager, in place of an earlier one.
    case saveAssociation(NodeAssociationRecord)
    /// Reserves Sender Sequence Numbers of the association below `end`. Guard: `end` grows.
    case reserveAssociation(end: UInt64)
    /// Keeps the group context and the other members. Those that are known under the same Gid stay, and so do their replay
    /// windows; what is of another Gid goes. The Sender ID is kept among those that were used. Guard: not the Gid and Sender
    /// ID that the node has already.
    case saveMembership(MembershipRecord, peers: [PeerRecord])
    /// Keeps new keys of the group, in place of the former ones: the membership under its new Gid, the other members but for
    /// the stale ones, and members that have come. Replay windows and used Sender IDs of other Gids go, and so do members of
    /// other groups. Whether the member is leaving and the manager's credential stay as they are stored: they may have changed
    /// since the keys were asked for. Guard: there is a membership, with another Gid and a lower Key Generation Number.
    case renewKeys(MembershipRecord, stale: StalePeers, newcomers: [PeerRecord])
    /// Keeps members that were learned since.
    case savePeers([PeerRecord])
    /// Reserves Sender Sequence Numbers of the group context below `end`. Guard: `end` grows, the Gid is the stored one.
    case reserveGroup(groupID: [UInt8], end: UInt64)
    /// Keeps a replay window. Guard: its highest Partial IV does not go back.
    case saveWindow(NodeReplayWindowRecord)
    /// Keeps a token, in place of an earlier one.
    case saveToken(NodeTokenRecord)
    /// Forgets the token.
    case dropToken
    /// Another Sender ID under the same Gid, also kept among those that were used; none of its Sender Sequence Numbers is
    /// reserved yet. Guard: there is a membership with this Gid and another Sender ID.
    case saveSenderID(groupID: [UInt8], senderID: [UInt8])
    /// Keeps the Group Manager's new credential. Guard: there is a membership.
    case saveManagerCredential([UInt8])
    /// Keeps whether this member was told to leave. Guard: there is a membership.
    case saveLeaving(Bool)
    /// Forgets the membership, and the other members that nothing was heard of. Replay windows stay, and the members that
    /// they belong to: whoever joins again under the same Gid gets the same keys. The token and the association stay, too, and
    /// so do the Sender IDs that were used.
    case forgetMembership
}

/// Which other members go when a group gets new keys.
public enum StalePeers: Hashable, Sendable {
    /// Those with these Sender IDs.
    case exactly([[UInt8]])
    /// All of them: nobody knows who has left.
    case all
}

/// Why a commit did not become durable. Nothing of it took effect.
public enum NodeCommitFailure: Error, Hashable, Sendable {
    /// A guard did not hold: the stored state is not what the engine believes.
    case guardFailed
    /// The disk is full or failing.
    case storage
}
