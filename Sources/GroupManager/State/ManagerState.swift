/// What a manager knows, in memory: exactly what its store holds, indexed.
///
/// It changes by ``apply(_:)`` only, under the same guards as the store, and each change can be taken back. Nothing is
/// copied for a change: its cost does not grow with the number of members.
public struct ManagerState: Hashable, Sendable {
    /// `nil` until the store is initialised.
    public internal(set) var identity: ManagerIdentityRecord?
    /// `nil` until the manager has run once.
    public internal(set) var tokenKeys: TokenKeysRecord?
    /// By name.
    public internal(set) var groups: [String: GroupState] = [:]
    /// By client Sender ID.
    public internal(set) var invitations = RecordTable<[UInt8], InvitationRecord>()
    public internal(set) var associations = RecordTable<AssociationKey, AssociationRecord>()
    /// How many associations an invitation has; a byte each, because a table for every client is not small.
    var associationCounts: [[UInt8]: UInt8] = [:]
    /// By Recipient ID.
    public internal(set) var clients = RecordTable<[UInt8], ClientRecord>()
    /// The Recipient ID of each client.
    var recipientIDs: [ClientIdentity: [UInt8]] = [:]
    /// The Recipient ID that came of each OSCORE input material.
    var materials: [[UInt8]: [UInt8]] = [:]
    /// By token.
    public internal(set) var revocations: [[UInt8]: RevocationRecord] = [:]
    /// How far the audit record has come.
    public internal(set) var audit = AuditHead()
    /// What many records have in common: scopes, and identifiers of one byte.
    var common = SharedBytes()
    /// The group of each Gid in use.
    var groupNames: [[UInt8]: String] = [:]
    /// Whose the first bytes of each Gid are that there is or was.
    var groupIDPrefixes: [[UInt8]: GroupIDPrefixRecord] = [:]
    /// `nil` unless nothing may be served yet.
    public internal(set) var pendingRestore: RestoreRecord?

    /// Knows nothing.
    public init() {}

    /// Indexes what a store holds.
    ///
    /// - Throws: The guard that the snapshot breaks: the store is damaged, and nothing may be served from it (GM-0496).
    public init(loading snapshot: ManagerSnapshot) throws(ManagerWriteError) {
        var writes: [ManagerWrite] = []
        if let identity = snapshot.identity { writes.append(.insertIdentity(identity)) }
        if let keys = snapshot.tokenKeys { writes.append(.insertTokenKeys(keys)) }
        // First: what is stored has been through it.
        if let restore = snapshot.pendingRestore { writes.append(.restore(restore)) }
        writes += snapshot.groups.map(ManagerWrite.insertGroup)
        writes += snapshot.groupCredentials.map(ManagerWrite.insertGroupCredential)
        writes += snapshot.invitations.map(ManagerWrite.insertInvitation)
        writes += snapshot.associations.map(ManagerWrite.putAssociation)
        writes += snapshot.revocations.map(ManagerWrite.revokeToken)
        writes += snapshot.nodeNames.map(ManagerWrite.assignNodeName)
        writes += snapshot.members.map(ManagerWrite.insertMember)
        writes += snapshot.assignedSenderIDs.map(ManagerWrite.assignSenderID)
        writes += snapshot.staleSenderIDs.map(ManagerWrite.addStaleSenderID)
        writes += snapshot.groupIDPrefixes.map(ManagerWrite.assignGroupIDPrefix)
        writes += snapshot.evictions.map(ManagerWrite.evict)
        for write in writes { _ = try apply(write) }
        // A client that is there twice would be one too few after the other writes.
        for client in snapshot.clients {
            guard recipientIDs[client.client] == nil else { throw .clientExists }
            _ = try apply(.insertClient(client))
        }
        audit = snapshot.audit
    }

    /// Everything, as a store holds it; in no particular order.
    public var snapshot: ManagerSnapshot {
        var snapshot = ManagerSnapshot(identity: identity, groups: groups.values.map(\.record))
        snapshot.tokenKeys = tokenKeys
        snapshot.groupCredentials = groups.values.compactMap(\.credential)
        snapshot.members = groups.values.flatMap(\.members.values)
        snapshot.nodeNames = groups.values.flatMap(\.nodeNameRecords)
        snapshot.invitations = Array(invitations.values)
        snapshot.associations = Array(associations.values)
        snapshot.clients = Array(clients.values)
        snapshot.revocations = Array(revocations.values)
        snapshot.assignedSenderIDs = groups.values.flatMap(\.assignedSenderIDRecords)
        snapshot.staleSenderIDs = groups.values.flatMap(\.staleSenderIDRecords)
        snapshot.evictions = groups.values.flatMap(\.evictions.values)
        snapshot.groupIDPrefixes = Array(groupIDPrefixes.values)
        snapshot.audit = audit
        snapshot.pendingRestore = pendingRestore
        return snapshot
    }

    /// Applies writes in order, all of them or, when a guard fails, none.
    ///
    /// - Returns: What takes them back, with ``undo(_:)``.
    /// - Throws: The guard that a write breaks.
    public mutating func apply(_ writes: [ManagerWrite]) throws(ManagerWriteError) -> [ManagerUndo] {
        var undo: [ManagerUndo] = []
        undo.reserveCapacity(writes.count)
        for write in writes {
            do {
                undo.append(try apply(write))
            } catch {
                self.undo(undo)
                throw error
            }
        }
        return undo
    }

    /// Applies a change set, all of it or, when a guard fails, nothing.
    public mutating func apply(_ changes: ManagerChangeSet) throws(ManagerWriteError) {
        _ = try apply(changes.writes)
    }

    /// Takes back the latest writes.
    ///
    /// - Parameter steps: What ``apply(_:)`` returned, with nothing applied since.
    public mutating func undo(_ steps: [ManagerUndo]) {
        for step in steps.reversed() { undo(step) }
    }

    /// Whose OSCORE input material this is; `nil` if it is nobody's.
    func owner(ofInputMaterial id: [UInt8]) -> ClientIdentity? {
        materials[id].flatMap { clients[$0]?.client }
    }

    mutating func keep(_ client: ClientRecord) {
        var client = client
        client.senderID = common.shared(client.senderID)
        client.scope = common.shared(client.scope)
        clients[client.recipientID] = client
        recipientIDs[client.client] = client.recipientID
        materials[client.inputMaterialID] = client.recipientID
    }

    mutating func forget(_ client: ClientRecord) {
        clients[client.recipientID] = nil
        recipientIDs[client.client] = nil
        materials[client.inputMaterialID] = nil
    }

    mutating func keep(_ member: MemberRecord) {
        var member = member
        member.scope = common.shared(member.scope)
        member.birthGroupID = member.birthGroupID.map { common.shared($0) }
        groups[member.groupName]?.setMember(member)
    }

    /// Whether a Gid belongs to a group of this manager.
    func uses(groupID: [UInt8]) -> Bool { groupNames[groupID] != nil }
}
