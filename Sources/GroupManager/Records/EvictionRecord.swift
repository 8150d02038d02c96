// GM-0350
/// A client that an operator has thrown out of a group. It does not come back before the operator says so.
///
/// Its primary key is (``groupName``, ``client``).
public struct EvictionRecord: Hashable, Sendable {
    public var groupName: String
    public var client: ClientIdentity
    /// What the member was called.
    public var name: String
    /// In seconds since 1970.
    public var at: UInt64

    public init(groupName: String, client: ClientIdentity, name: String, at time: UInt64) {
        self.groupName = groupName
        self.client = client
        self.name = name
        self.at = time
    }
}
