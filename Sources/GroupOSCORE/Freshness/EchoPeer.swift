public import OSCORE

/// Under whose name an Echo value is stored (RFC 10021 §9).
public struct EchoPeer: Hashable, Sendable {
    /// The Gid under which the request came.
    public let groupID: GroupID
    /// The client's Sender ID.
    public let kid: SenderID

    /// Names a client in one Security Context.
    public init(groupID: GroupID, kid: SenderID) {
        self.groupID = groupID
        self.kid = kid
    }

    // GOSC-0266: both come from the request, not from what the group is called now.
    /// Names the client that sent a request.
    public init(_ binding: GroupRequestBinding) {
        self.init(groupID: binding.groupID, kid: binding.request.kid)
    }
}
