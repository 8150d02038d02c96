public import Bytes
public import CoAP

/// A request as the application sees it: one message with the whole body, to be sent in as many as it takes.
///
/// An Observe option of 0 makes it an observation. Block1, Block2, Request-Tag and Echo belong to ``RequestClient``.
public struct ClientRequest: Hashable, Sendable {
    /// The inner request, with the whole body.
    public var message: Message
    /// An endpoint or a group.
    public var destination: SocketAddress
    /// Whom it is for. For a group that is the association with the group; each responder has an identity of its own.
    public var peer: PeerIdentity
    /// Whether the message layer sees to it that each message arrives. Groups take non-confirmable requests only.
    public var reliability: OutgoingRequest.Reliability
    /// The largest blocks that are sent, and asked for if smaller than 1024 bytes. A longer body is sent in blocks.
    public var blockSize: BlockSize = .bytes1024
    /// The longest body of a response, in bytes.
    public var maximumBodyLength = 1 << 20
    /// When to give up the whole operation; `nil` for ``RequestClientSettings/deadline``. An observation that the server
    /// has accepted goes on until it is cancelled, and one of a group from the start.
    public var deadline: Duration?
    /// When to give up one message of the operation; as in ``OutgoingRequest/timeout``.
    public var responseTimeout: Duration?
    /// Whether a 5.03 is waited out and the request sent once more, if the deadline permits.
    public var retriesWhenUnavailable = false
    /// How the responses of a group are collected; `nil` for an endpoint.
    public var group: ResponseCollection?

    /// Creates a request to an endpoint, confirmable unless said otherwise, or to a group.
    public init(
        _ message: Message, to destination: SocketAddress, peer: PeerIdentity? = nil,
        reliability: OutgoingRequest.Reliability? = nil, group: ResponseCollection? = nil
    ) {
        self.message = message
        self.destination = destination
        self.peer = peer ?? .endpoint(destination)
        self.reliability = reliability ?? (group == nil ? .confirmable : .nonConfirmable)
        self.group = group
    }

    internal var isObserving: Bool { message.options.observe == 0 }
    internal var isSafe: Bool { message.code == .get || message.code == .fetch }

    /// Whether whatever the server answers is unwanted (RFC 7967 §2).
    internal var wantsNoResponse: Bool {
        guard let value = message.options.noResponse else { return false }
        return [2, 4, 5].allSatisfy { NoResponse.suppresses(Code(class: $0, detail: 0), value) }
    }
}

/// How the responses to a group request are collected (RFC 10020 §3.1.6).
public struct ResponseCollection: Hashable, Sendable {
    /// When nothing more is expected.
    public enum Completion: Hashable, Sendable {
        /// At the deadline.
        case atDeadline
        /// When so many responders have answered.
        case responders(Int)
        /// When each of these has answered.
        case roster(Set<PeerIdentity>)
    }

    /// When to stop collecting. Without meaning for an observation.
    public var deadline: Duration
    /// When to stop earlier.
    public var completion: Completion = .atDeadline
    /// The time over which the members spread their answers, if it is known.
    public var leisure: Duration?
    /// How long a message and its answer are under way, if it is known.
    public var roundTrip: Duration?
    /// Whether the further blocks of long bodies are fetched from each responder by unicast (RFC 10020 §3.8). Without it
    /// the first block is handed over with its Block2 option.
    public var fetchesBlocks = true
    /// How often the request is sent again.
    public var repeats = 0
    /// Whether it is sent again as the same message, which reaches only those who missed it, and not with a new Message ID,
    /// which everybody answers. After EXCHANGE_LIFETIME − NON_LIFETIME (102 s) it is not sent again (RFC 10020 §3.1.3).
    public var repeatsSameMessage = false

    /// Collects until a deadline.
    public init(deadline: Duration) {
        self.deadline = deadline
    }
}

/// Why an operation was not begun. Nothing has changed.
public enum ClientRefusal: Error, Hashable, Sendable {
    /// The code is not a method.
    case notARequest
    /// Requests to groups are non-confirmable.
    case confirmableToGroup
    /// A group without ``ClientRequest/group``, or an endpoint with it.
    case notAGroup
    /// An option that ``RequestClient`` sets itself, or an Observe option other than 0.
    case reservedOption(OptionNumber)
    /// Only GET and FETCH observe.
    case observedMethod
    /// Block-wise requests are not specified for groups, and not supported for observations.
    case bodyNeedsBlocks
    /// More blocks than can be numbered.
    case bodyTooLarge
    /// Blocks follow on answers, and the No-Response option forbids these.
    case blocksWithoutResponses
    /// ETags to groups are switched off.
    case eTagToGroup
    /// Leisure and round trip take longer than the deadline, namely so long.
    case deadlineTooShort(minimum: Duration)
    /// As many operations as the settings permit are under way.
    case tooManyOperations
    /// The server has asked to be spared such requests for so long.
    case retryLater(after: Duration)
}
