public import OSCORE

/// Under whose name an Echo value is stored (RFC 10021 §9).
public struct EchoPeer: Sendable {
    /// The Gid under which the request came.
    public let groupID: GroupID
    /// The client's Sender ID.
    public let kid: SenderID
    /// Which Recipient Context has to take the answer; `nil` if any of this name may.
    let verifier: VerifierToken?

    /// Names a client in one Security Context.
    public init(groupID: GroupID, kid: SenderID) {
        self.groupID = groupID
        self.kid = kid
        self.verifier = nil
    }

    // GOSC-0266: both come from the request, not from what the group is called now.
    /// Names the client that sent a request.
    public init(_ binding: GroupRequestBinding) {
        self.init(groupID: binding.groupID, kid: binding.request.kid)
    }

    /// Names the client that sent a request which may be a replay, as the context knows it now.
    ///
    /// Once it is forgotten and learned again, values that it was given before prove nothing: what it sent in between was
    /// accepted by a window that is gone.
    public init(_ request: UnprovenRequest) {
        self.groupID = request.binding.groupID
        self.kid = request.sender
        self.verifier = request.token
    }

    /// The client, whichever Recipient Context it has.
    var client: EchoPeer { EchoPeer(groupID: groupID, kid: kid) }
}

extension EchoPeer: Hashable {
    public static func == (left: Self, right: Self) -> Bool {
        left.groupID == right.groupID && left.kid == right.kid && left.verifier === right.verifier
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(groupID)
        hasher.combine(kid)
    }
}
