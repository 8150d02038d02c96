public import ACEGroupcomm

/// One group with everything that belongs to it.
public struct GroupState: Hashable, Sendable {
    public internal(set) var record: GroupRecord
    /// The configuration in the record, decoded.
    public internal(set) var configuration: GroupConfiguration
    /// The manager's credential where it is not that of its identity.
    public internal(set) var credential: GroupCredentialRecord?
    /// By name.
    public internal(set) var members = RecordTable<String, MemberRecord>()
    /// The name of each client that is a member.
    var names: [ClientIdentity: String] = [:]
    /// The name of each member by its NODENAME, where that is another one.
    private var namesByNodeName: [String: String] = [:]
    /// Whose each NODENAME is or was.
    private(set) var nodeNames: [String: ClientIdentity] = [:]
    /// Which invitations there are under each name, by client Sender ID. Not the one that the owner of this NODENAME was
    /// given: most names have no other, and are not kept twice.
    private var invitations: [String: Set<[UInt8]>] = [:]
    /// Every Sender ID ever handed out, by Gid.
    var assignedSenderIDs: [[UInt8]: AssignedSenderIDs] = [:]
    /// The stale Sender IDs of each version that has any.
    var staleSenderIDs: [UInt64: Set<[UInt8]>] = [:]

    /// Who may not come back.
    var evictions: [ClientIdentity: EvictionRecord] = [:]

    init(record: GroupRecord, configuration: GroupConfiguration) {
        self.record = record
        self.configuration = configuration
    }

    /// The member that a client is; `nil` if it is none.
    public func member(_ client: ClientIdentity) -> MemberRecord? {
        names[client].flatMap { members[$0] }
    }

    /// Whether a member has this NODENAME now.
    func hasMember(nodeName: String) -> Bool {
        members[nodeName]?.nodeName == nodeName || namesByNodeName[nodeName] != nil
    }

    var nodeNameRecords: [NodeNameRecord] {
        nodeNames.map { NodeNameRecord(groupName: record.name, nodeName: $0.key, client: $0.value) }
    }

    var assignedSenderIDRecords: [AssignedSenderIDRecord] {
        assignedSenderIDs.values.flatMap(\.records)
    }

    var staleSenderIDRecords: [StaleSenderIDRecord] {
        staleSenderIDs.flatMap { version, senderIDs in
            senderIDs.map { StaleSenderIDRecord(groupName: record.name, version: version, senderID: $0) }
        }
    }

    /// The invitations that may be for a name, by client Sender ID.
    func invitations(for name: String) -> Set<[UInt8]> {
        (invitations[name] ?? []).union(nodeNames[name]?.invitation.map { [$0] } ?? [])
    }

    mutating func addInvitation(_ clientSenderID: [UInt8], for name: String) {
        guard nodeNames[name]?.invitation != clientSenderID else { return }
        invitations[name, default: []].insert(clientSenderID)
    }

    mutating func removeInvitation(_ clientSenderID: [UInt8], for name: String) {
        guard invitations[name]?.remove(clientSenderID) != nil, invitations[name]?.isEmpty == true else { return }
        invitations[name] = nil
        // Tables do not shrink by themselves, and a whole building is invited before it joins.
        guard invitations.count < invitations.capacity / 8 else { return }
        invitations = Dictionary(uniqueKeysWithValues: invitations.map { ($0, $1) })
    }

    mutating func assign(nodeName: String, to client: ClientIdentity) {
        nodeNames[nodeName] = client
        if let invitation = client.invitation { removeInvitation(invitation, for: nodeName) }
    }

    /// Takes an assignment back; the invitation of its owner has to be added again if it is for this name.
    mutating func unassign(nodeName: String) {
        nodeNames[nodeName] = nil
    }

    mutating func setMember(_ member: MemberRecord) {
        members[member.name] = member
        names[member.client] = member.name
        if member.nodeName != member.name { namesByNodeName[member.nodeName] = member.name }
    }

    mutating func removeMember(_ member: MemberRecord) {
        members[member.name] = nil
        names[member.client] = nil
        namesByNodeName[member.nodeName] = nil
    }
}
