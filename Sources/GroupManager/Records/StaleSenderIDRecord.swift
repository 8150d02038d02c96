/// A Sender ID that nobody has any more, in the set of the version that was current when it was given up
/// (draft-ietf-ace-key-groupcomm-oscore §7.1).
public struct StaleSenderIDRecord: Hashable, Sendable {
    public var groupName: String
    public var version: UInt64
    public var senderID: [UInt8]

    public init(groupName: String, version: UInt64, senderID: [UInt8]) {
        self.groupName = groupName
        self.version = version
        self.senderID = senderID
    }
}
