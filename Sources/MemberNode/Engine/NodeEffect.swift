public import Bytes
public import CoAP
public import CoAPEngine
public import OSCORE

/// What the shell does for a node, in this order.
public enum NodeEffect: Sendable {
    /// Make this durable, then call ``NodeEngine/committed(_:at:random:effects:)`` or
    /// ``NodeEngine/commitFailed(_:because:at:random:effects:)``.
    case commit(NodeChangeSet)
    /// Send this datagram from the node's unicast socket.
    case send(OutgoingDatagram)
    /// A member answered a group request.
    case response(GroupCommand.ID, MemberResponse)
    /// A group request came to its end.
    case completed(GroupCommand.ID, GroupRequestSummary)
    /// A group request was not sent, or could not go on.
    case failed(GroupCommand.ID, GroupCommandFailure)
    /// The node is a member now.
    case joined(MembershipSummary)
    /// The join did not succeed; nothing was joined.
    case joinFailed(JoinFailure)
    /// The node is no member any more; it has forgotten the keys of the group.
    case left(LeaveReason)
    /// The manager did not let the node leave; it is a member still.
    case leaveFailed(JoinFailure)
    /// Something for the log; never a secret.
    case event(NodeEvent)
}

/// Why a node is no member any more.
public enum LeaveReason: Hashable, Sendable {
    /// It has asked for it.
    case commanded
    /// The manager does not know it as a member; it joins again.
    case unknownToManager
    /// The manager has ended the membership.
    case terminated
    /// There is no such group any more.
    case groupDeleted
}

/// What happened in a node, for logs and metrics.
public enum NodeEvent: Hashable, Sendable {
    /// A verified request reached a resource.
    case handled(HandledRequest)
    /// A request was seen before.
    case replay(SenderID)
    /// A message was not accepted.
    case rejected(VerificationFailure, from: SocketAddress)
    /// The roster was read from the manager: this many other members are known.
    case rosterRead(Int)
    /// The manager named this many members that the node cannot use: their credentials cannot be read, or have another kind
    /// of key.
    case membersUnusable(Int)
    /// The manager did not answer, or not as it should.
    case rosterUnavailable
    /// The manager did not do what it was asked for.
    case managerRefused(ManagerOperation, JoinFailure)
    /// The manager says whether the group is active; while it is not, group messages are neither processed nor sent.
    case groupIsActive(Bool)
    /// The group has newer keys than this node, which fetches them.
    case newKeys(version: UInt64)
    /// New keys are durable and in use: their Key Generation Number, the Gid in lower-case hex, and how they came.
    case keysInstalled(version: UInt64, groupID: String, KeyOrigin)
    /// The manager has brought keys that were not taken.
    case rekeyingRefused(RekeyingRefusal)
    /// This node has a new Sender ID.
    case senderIDRenewed(SenderID)
    /// The manager has another credential, and has proved it.
    case managerCredentialReplaced
    /// A monitor has verified a request.
    case overheard(OverheardRequest)
    /// This node is no member any more; nothing more is said about messages of the group.
    case left(LeaveReason)
    /// A commit failed; what depended on it did not happen.
    case commitFailed(NodeCommitFailure)
}

/// A request that a monitor has verified.
public struct OverheardRequest: Hashable, Sendable {
    /// Who signed it.
    public var sender: SenderID
    /// The sender's name, if known.
    public var senderName: String?
    /// The Partial IV of the request.
    public var partialIV: UInt64
    /// The method.
    public var code: Code
    /// The path of the resource.
    public var path: [String]
}

/// A request that reached a resource.
public struct HandledRequest: Hashable, Sendable {
    /// Who signed it.
    public var sender: SenderID
    /// The sender's name, if known.
    public var senderName: String?
    /// The Partial IV of the request.
    public var partialIV: UInt64
    /// The address that the datagram was sent to.
    public var destination: IPv6Address
    /// The path of the resource.
    public var path: [String]
    /// The Code of the response, sent or suppressed.
    public var code: Code
}
