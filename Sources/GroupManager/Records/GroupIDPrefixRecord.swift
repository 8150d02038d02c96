// GM-0332, GM-0393
/// The first bytes of Gids that a group has or had. Rows are only ever inserted: no two groups ever have a Gid in common, and
/// no group comes back to one.
public struct GroupIDPrefixRecord: Hashable, Sendable {
    /// 3 bytes; 1 or more.
    public var prefix: [UInt8]
    public var groupName: String
    /// The version whose Gid is the first with it: a later version does not come back to it.
    public var since: UInt64

    public init(prefix: [UInt8], groupName: String, since version: UInt64) {
        self.prefix = prefix
        self.groupName = groupName
        self.since = version
    }
}
