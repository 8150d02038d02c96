/// One Sender ID that was handed out under one Gid. Rows are only ever inserted, and group, Gid and Sender ID are the key: so
/// the store itself refuses to hand out a pair twice.
public struct AssignedSenderIDRecord: Hashable, Sendable {
    public var groupName: String
    public var groupID: [UInt8]
    public var senderID: [UInt8]
    /// Who got it; `nil` where a manager did not write that down yet.
    public var client: ClientIdentity?
    /// When, in seconds since 1970; `nil` where a manager did not write that down yet.
    public var assignedAt: UInt64?

    public init(
        groupName: String, groupID: [UInt8], senderID: [UInt8], client: ClientIdentity? = nil,
        assignedAt: UInt64? = nil
    ) {
        self.groupName = groupName
        self.groupID = groupID
        self.senderID = senderID
        self.client = client
        self.assignedAt = assignedAt
    }
}
