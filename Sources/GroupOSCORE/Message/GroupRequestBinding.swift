public import OSCORE

/// What binds responses to one group request or pairwise request (RFC 10021 §3.4, §7.3).
public struct GroupRequestBinding: Hashable, Sendable {
    /// kid and Partial IV of the request, and whether its nonce is still free for a response.
    public var request: RequestBinding
    /// The Gid under which the request was protected, whatever the Gid is now.
    public let groupID: GroupID
    /// Whether the request was in group mode; then every response carries a kid.
    public let isGroupMode: Bool

    init(request: RequestBinding, groupID: GroupID, isGroupMode: Bool) {
        self.request = request
        self.groupID = groupID
        self.isGroupMode = isGroupMode
    }
}
