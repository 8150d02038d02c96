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
    var nodeNames: [String: ClientIdentity] = [:]
    /// Every Sender ID ever handed out, by Gid.
    var assignedSenderIDs: [[UInt8]: AssignedSenderIDs] = [:]
    /// The stale Sender IDs of each version that has any.
    var staleSenderIDs: [UInt64: Set<[UInt8]>] = [:]

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
        assignedSenderIDs.values.flatMap(\.records.values)
    }

    var staleSenderIDRecords: [StaleSenderIDRecord] {
        staleSenderIDs.flatMap { version, senderIDs in
            senderIDs.map { StaleSenderIDRecord(groupName: record.name, version: version, senderID: $0) }
        }
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
