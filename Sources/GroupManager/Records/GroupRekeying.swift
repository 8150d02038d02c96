public import Bytes

// GM-0304, GM-0305, GM-0336: all of it in one step.
/// New keys for a group. Its members stay, with their Sender IDs.
public struct GroupRekeying: Hashable, Sendable {
    public var groupName: String
    /// The new key generation number.
    public var version: UInt64
    /// The new Gid.
    public var groupID: [UInt8]
    /// The new Master Secret.
    public var masterSecret: SecretField
    /// The new Master Salt, 8 bytes.
    public var masterSalt: [UInt8]
    /// When the new keys expire, in seconds since 1970.
    public var expiration: UInt64
    public var latest: LatestRekeying

    public init(
        groupName: String, version: UInt64, groupID: [UInt8], masterSecret: SecretField, masterSalt: [UInt8],
        expiration: UInt64, latest: LatestRekeying
    ) {
        self.groupName = groupName
        self.version = version
        self.groupID = groupID
        self.masterSecret = masterSecret
        self.masterSalt = masterSalt
        self.expiration = expiration
        self.latest = latest
    }
}
