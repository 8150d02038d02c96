/// One Sender ID that was handed out under one Gid. Rows are only ever inserted, and all three columns are the key: so the
/// store itself refuses to hand out a pair twice.
public struct AssignedSenderIDRecord: Hashable, Sendable {
    public var groupName: String
    public var groupID: [UInt8]
    public var senderID: [UInt8]

    public init(groupName: String, groupID: [UInt8], senderID: [UInt8]) {
        self.groupName = groupName
        self.groupID = groupID
        self.senderID = senderID
    }
}
