public import ACEGroupcomm

/// What a manager knows, in memory: exactly what its store holds, indexed.
///
/// It changes by ``apply(_:)`` only, under the same guards as the store.
public struct ManagerState: Hashable, Sendable {
    /// One group with its configuration decoded.
    public struct Group: Hashable, Sendable {
        public let record: GroupRecord
        public let configuration: GroupConfiguration
    }

    /// Names a member: a group and a name in it.
    public struct MemberKey: Hashable, Sendable {
        public let groupName: String
        public let name: String
    }

    /// `nil` until the store is initialised.
    public private(set) var identity: ManagerIdentityRecord?
    /// By name.
    public private(set) var groups: [String: Group] = [:]
    public private(set) var members: [MemberKey: MemberRecord] = [:]
    /// By client Sender ID.
    public private(set) var invitations: [[UInt8]: InvitationRecord] = [:]
    public private(set) var associations: [AssociationKey: AssociationRecord] = [:]
    /// Every (Gid, Sender ID) ever handed out.
    public private(set) var assignedSenderIDs: Set<AssignedSenderIDRecord> = []

    /// Knows nothing.
    public init() {}

    /// Indexes what a store holds.
    ///
    /// - Throws: The guard that the snapshot breaks: the store is damaged, and nothing may be served from it (GM-0496).
    public init(loading snapshot: ManagerSnapshot) throws(ManagerWriteError) {
        var writes: [ManagerWrite] = []
        if let identity = snapshot.identity { writes.append(.insertIdentity(identity)) }
        writes += snapshot.groups.map(ManagerWrite.insertGroup)
        writes += snapshot.invitations.map(ManagerWrite.insertInvitation)
        writes += snapshot.members.map(ManagerWrite.insertMember)
        writes += snapshot.associations.map(ManagerWrite.putAssociation)
        writes += snapshot.assignedSenderIDs.map(ManagerWrite.assignSenderID)
        for write in writes { try apply(write) }
    }

    /// Everything, as a store holds it; in no particular order.
    public var snapshot: ManagerSnapshot {
        ManagerSnapshot(
            identity: identity, groups: groups.values.map(\.record), members: Array(members.values),
            invitations: Array(invitations.values), associations: Array(associations.values),
            assignedSenderIDs: Array(assignedSenderIDs))
    }

    /// Applies a change set, all of it or, when a guard fails, nothing.
    ///
    /// - Throws: The guard that a write breaks: ``ManagerWriteError/identityExists``; ``ManagerWriteError/groupExists``
    ///   for a name or a Gid in use; ``ManagerWriteError/invalidRecord`` for a group whose configuration does not
    ///   decode or has another name; ``ManagerWriteError/invitationExists``, ``ManagerWriteError/invitationUnknown`` or
    ///   ``ManagerWriteError/invitationUsed``; ``ManagerWriteError/memberExists``; ``ManagerWriteError/senderIDTaken``;
    ///   ``ManagerWriteError/associationWentBack`` for a replay window or a reservation older than the known one.
    public mutating func apply(_ changes: ManagerChangeSet) throws(ManagerWriteError) {
        var next = self
        for write in changes.writes { try next.apply(write) }
        self = next
    }

    private mutating func apply(_ write: ManagerWrite) throws(ManagerWriteError) {
        switch write {
        case .insertIdentity(let record):
            guard identity == nil else { throw .identityExists }
            identity = record
        case .insertGroup(let record):
            guard groups[record.name] == nil, !uses(groupID: record.groupID) else { throw .groupExists }
            guard let configuration = try? GroupConfiguration(decodingRepresentation: record.configuration.span),
                configuration.groupName == record.name
            else { throw .invalidRecord }
            groups[record.name] = Group(record: record, configuration: configuration)
        case .insertInvitation(let record):
            guard invitations[record.clientSenderID] == nil else { throw .invitationExists }
            invitations[record.clientSenderID] = record
        case .consumeInvitation(let key):
            guard let invitation = invitations[key.clientSenderID] else { throw .invitationUnknown }
            guard invitation.consumedBy == nil else { throw .invitationUsed }
            invitations[key.clientSenderID]?.consumedBy = key.idContext
        case .insertMember(let record):
            let key = MemberKey(groupName: record.groupName, name: record.name)
            guard members[key] == nil else { throw .memberExists }
            members[key] = record
        case .assignSenderID(let record):
            guard assignedSenderIDs.insert(record).inserted else { throw .senderIDTaken }
        case .putAssociation(let record):
            if let known = associations[record.key] {
                guard record.replayWindow.isAtLeast(known.replayWindow),
                    known.reservedSequenceEnd <= record.reservedSequenceEnd
                else { throw .associationWentBack }
            }
            associations[record.key] = record
        }
    }

    /// Whether a Gid belongs to a group of this manager.
    func uses(groupID: [UInt8]) -> Bool {
        groups.values.contains { $0.record.groupID == groupID }
    }
}
