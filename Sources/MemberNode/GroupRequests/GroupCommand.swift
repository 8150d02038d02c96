public import Bytes
public import CoAP
public import OSCORE

/// A request to all responders of the group.
public struct GroupCommand: Sendable {
    /// Names a command until its end.
    public struct ID: Hashable, Sendable {
        /// Chosen by the caller, unique while the command runs.
        public let rawValue: UInt64

        /// Creates an identifier.
        public init(_ rawValue: UInt64) {
            self.rawValue = rawValue
        }
    }

    /// Names the command.
    public var id: ID
    /// The request: Code, Uri-Path, payload.
    public var request: Message
    /// How long answers are collected; `nil` for Leisure plus two seconds.
    public var deadline: Duration?

    /// Creates a command.
    public init(id: ID, request: Message, deadline: Duration? = nil) {
        self.id = id
        self.request = request
        self.deadline = deadline
    }
}

/// One verified answer to a group request.
public struct MemberResponse: Hashable, Sendable {
    /// Who signed it.
    public var sender: SenderID
    /// The member's name, if known.
    public var name: String?
    /// The answer.
    public var message: Message
    /// From sending the request to accepting the answer.
    public var latency: Duration
    /// Where it came from.
    public var source: SocketAddress
    /// Bytes of the protected options and payload, as received.
    public var protectedLength: Int
}

/// How a group request went.
public struct GroupRequestSummary: Hashable, Sendable {
    /// Datagrams that carried the request.
    public var datagramsSent: Int
    /// Responders in the roster when it was sent.
    public var expected: Int
    /// Members that answered.
    public var answered: Int
    /// The names of responders that did not answer, or their Sender IDs where the name is unknown.
    public var missing: [String]
    /// The window within which members spread their answers.
    public var leisure: Duration
    /// How long answers were collected at most.
    public var deadline: Duration
    /// How many bytes the request is longer than it would be without protection.
    public var overhead: Int
    /// Bytes of the protected datagram.
    public var datagramLength: Int
}

/// Why a group request was not sent, or could not go on.
public enum GroupCommandFailure: Error, Hashable, Sendable {
    /// The node has not joined a group.
    case notJoined
    /// The invitation did not give the role `requester`.
    case notRequester
    /// The group has pairwise mode alone: there is no message for all of its members.
    case pairwiseOnly
    /// The group is not active.
    case groupInactive
    /// The manager did not tell the group's address.
    case noGroupAddress
    /// Answers may take longer than the deadline allows.
    case deadlineTooShort(deadline: Duration, leisure: Duration, roundTrip: Duration)
    /// The request cannot be protected.
    case protection(ProtectionError)
    /// The reservation of sequence numbers did not become durable.
    case storage
    /// The keys of the group are out of date, and the manager has not told newer ones.
    case keysUnavailable
    /// Too many group requests are open.
    case tooManyRequests
}
