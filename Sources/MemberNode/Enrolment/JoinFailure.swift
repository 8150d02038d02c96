public import CoAP

/// Why a node could not join, or got something else not from its manager. It may try again.
public enum JoinFailure: Error, Hashable, Sendable {
    /// The node is a member already.
    case alreadyJoined
    /// The node is no member.
    case notJoined
    /// This state directory belongs to another invitation that was not completed.
    case otherInvitation
    /// The invitation is past its expiry.
    case expired
    /// The address of the manager in the invitation cannot be used.
    case badManagerAddress
    /// Nobody answered at the manager's address.
    case unreachable
    /// The manager refused: its Code and, if it told, why.
    case refused(Code, detail: String?)
    /// The manager answered without protection, and nothing better came: it does not know the invitation or the token, or
    /// saw this message before.
    case unprotectedAnswer(Code)
    /// The answer is not what a Group Manager sends.
    case malformedAnswer
    /// The manager shows another credential than the invitation names.
    case wrongManager
    /// The manager could not prove that it holds its private key.
    case managerProof
    /// The group uses algorithms or credentials that this node does not have.
    case unsupportedGroup
    /// The state could not be made durable.
    case storage
    /// The group gets new keys at this moment, and what was asked for may belong to the former ones.
    case keysAreChanging
}

/// What a node became a member of.
public struct MembershipSummary: Hashable, Sendable {
    /// The group's name.
    public var groupName: String
    /// This member's name.
    public var memberName: String
    /// This member's Sender ID, lower-case hex.
    public var senderID: String
    /// The Gid, lower-case hex.
    public var groupID: String
    /// Other members known.
    public var peers: Int
}
