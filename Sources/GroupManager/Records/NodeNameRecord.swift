// GM-0214
/// A NODENAME that was given to a client. Rows are only ever inserted: no other client gets the URIs of one that has left.
public struct NodeNameRecord: Hashable, Sendable {
    public var groupName: String
    public var nodeName: String
    public var client: ClientIdentity

    public init(groupName: String, nodeName: String, client: ClientIdentity) {
        self.groupName = groupName
        self.nodeName = nodeName
        self.client = client
    }
}
