public import CoAP

/// A request that has passed its protection, as the endpoint hands it to ``RequestServer``.
public struct ReceivedRequest<Verified: RequestProperties>: Sendable {
    /// To be answered once.
    public let handle: RequestHandle
    /// The way that it took.
    public let path: DatagramPath
    /// The token of the client, part of what names an observation.
    public let token: Token
    /// Confirmable or non-confirmable.
    public let type: MessageType
    /// Who sent it.
    public let peer: PeerIdentity
    /// Whether the protection proved who the peer is; plain CoAP never does.
    public let isAuthenticated: Bool
    /// The length of the datagram, which bounds what an unproven address may get (RFC 9175 §2.4).
    public let byteCount: Int
    /// What resources may know of it.
    public let request: Verified

    /// Creates a request.
    public init(
        handle: RequestHandle, path: DatagramPath, token: Token, type: MessageType, peer: PeerIdentity,
        isAuthenticated: Bool, byteCount: Int, request: Verified
    ) {
        self.handle = handle
        self.path = path
        self.token = token
        self.type = type
        self.peer = peer
        self.isAuthenticated = isAuthenticated
        self.byteCount = byteCount
        self.request = request
    }
}

/// Names a call of a handler that answers later.
public struct CallID: Hashable, Sendable {
    internal let number: UInt64
}

/// Names one client's observation of one resource.
public struct ObservationID: Hashable, Sendable {
    internal let number: UInt64
}

/// What the request layer of a server wants done, in order. Messages are inner ones: the endpoint protects them.
public enum ServerEffect<Verified: RequestProperties>: Sendable {
    /// Answer a request, after holding the answer back for so long.
    case respond(RequestHandle, Message, after: Duration)
    /// A request gets no answer.
    case staySilent(RequestHandle)
    /// Run a handler that answers later, and say so with `RequestServer.complete`.
    case call(CallID, ResourceRequest<Verified>, @Sendable (ResourceRequest<Verified>) async -> ResourceResponse)
    /// Decide on a request yourself, and say so with `RequestServer.complete`.
    ///
    /// `isNotification`: the request was answered before, and observers want the present answer.
    case ask(CallID, ResourceRequest<Verified>, isNotification: Bool)
    /// The request with this handle has become an observation: keep what its notifications need (path, token, binding).
    /// Comes before the answer. A registration anew names the same observation again.
    case observing(ObservationID, RequestHandle)
    /// Send a notification of an observation.
    case notify(ObservationID, Message, isConfirmable: Bool, isRetransmitted: Bool, after: Duration)
    /// The observation is over: forget what was kept for it. A last notification came before.
    case observationEnded(ObservationID)
}

/// What became of a notification that was sent.
public enum NotificationOutcome: Hashable, Sendable {
    /// The client has acknowledged it.
    case acknowledged
    /// The client wants no more.
    case reset
    /// No acknowledgement after the last retransmission.
    case timeout
}
