public import Bytes
public import CoAP

/// Names an operation that the application began: one request from its point of view, however many messages it takes.
public struct OperationID: Hashable, Sendable {
    internal let number: UInt64
}

/// Names a message that ``RequestClient`` wants sent.
public struct TransmissionID: Hashable, Sendable {
    internal let number: UInt64
}

/// One request message of an operation. The endpoint protects it and opens or continues an exchange with it.
public struct ClientTransmission: Hashable, Sendable {
    /// The inner request.
    public var message: Message
    /// An endpoint or a group.
    public var destination: SocketAddress
    /// Whom the request is for; the endpoint takes the security association from it.
    public var peer: PeerIdentity
    /// Whether the message layer sees to it that it arrives.
    public var reliability: OutgoingRequest.Reliability
    /// How many responses may come.
    public var expects: OutgoingRequest.Expectation
    /// When to give up waiting; as in ``OutgoingRequest/timeout``.
    public var timeout: Duration?
    /// The open exchange whose token this message has, too; `nil` for a new one. The message has a Message ID of its own
    /// and is protected by itself: a request repeated to its group, or a registration or its end, to all or to one member.
    public var continuing: ExchangeID?
}

/// A response that has passed its protection, as the endpoint hands it to ``RequestClient``.
public struct ReceivedResponse: Hashable, Sendable {
    /// The way that it took.
    public var path: DatagramPath
    /// Who sent it.
    public var peer: PeerIdentity
    /// The inner response.
    public var message: Message
    /// How it was protected.
    public var security: MessageSecurity

    /// Creates a response.
    public init(path: DatagramPath, peer: PeerIdentity, message: Message, security: MessageSecurity = .none) {
        self.path = path
        self.peer = peer
        self.message = message
        self.security = security
    }
}

/// A whole response as the application sees it.
public struct ClientResponse: Hashable, Sendable {
    /// Who sent it.
    public var peer: PeerIdentity
    /// The address that it came from.
    public var source: SocketAddress
    /// Code, options without those of block-wise transfer, whole body.
    public var message: Message
    /// From the moment that the request left to the first message of the response.
    public var latency: Duration
    /// Whether it was kept from earlier and nothing was sent.
    public var isFromCache: Bool
    /// How the last message of it was protected; ``MessageSecurity/none`` for one that was kept from earlier.
    public var security = MessageSecurity.none
}

/// How an operation ended.
public enum OperationEnd: Hashable, Sendable {
    /// It has everything that it was begun for.
    case complete
    /// The application cancelled it.
    case cancelled
    /// The time that was set for it is over.
    case deadline
    /// It failed.
    case failed(OperationFailure)
}

/// Why an operation has no, or no whole, response.
public enum OperationFailure: Hashable, Sendable {
    /// No acknowledgement, or no response in time.
    case timeout
    /// The peer has reset the request.
    case reset
    /// The message could not be sent.
    case notSent
    /// The message could not be protected, and was not sent.
    case unprotectable(ProtectionRefusal)
    /// The body is longer than the limit of the request.
    case bodyTooLarge
    /// The blocks of the response do not fit together, or change again and again.
    case inconsistentBlocks
    /// The server does not take the body, whatever the size of its blocks.
    case uploadRefused
    /// A response that may not be processed: a critical option that is not understood, or a malformed one.
    case unusableResponse
    /// The bodies of all operations together are as long as the settings permit.
    case overloaded
}

/// What the request layer of a client wants done, in order.
public enum ClientEffect: Hashable, Sendable {
    /// Send a request message, and say what became of it with `RequestClient.opened` or `notOpened`.
    case transmit(TransmissionID, ClientTransmission)
    /// Send the last request of an exchange again, byte for byte, if that is still possible.
    case repeatRequest(ExchangeID)
    /// End an exchange. If it observed, notifications that still come are rejected with a reset.
    case endExchange(ExchangeID, rejectsNotifications: Bool)
    /// A whole response. One for an ordinary request, several for groups and observations.
    case response(OperationID, ClientResponse)
    /// A responder of a group, or an observed resource, began a response whose body could not be had whole. The operation
    /// goes on.
    case responseLost(OperationID, PeerIdentity, OperationFailure)
    /// The operation is over; the last effect of it.
    case ended(OperationID, OperationEnd)
}
