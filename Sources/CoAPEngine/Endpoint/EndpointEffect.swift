/// Names a call of a handler that answers later.
public struct EndpointCall: Hashable, Sendable {
    internal let site: EndpointSite
    internal let call: CallID
}

/// Which of an endpoint's two servers something belongs to.
internal enum EndpointSite: Hashable, Sendable {
    /// The one for requests without protection.
    case open
    /// The one for verified requests.
    case protected
}

/// What an ``Endpoint`` wants done, in order.
public enum EndpointEffect: Sendable {
    /// Send a datagram.
    case transmit(OutgoingDatagram)
    /// Run a handler, and give its answer to ``Endpoint/complete(_:with:at:random:effects:)``.
    case call(EndpointCall, @Sendable () async -> ResourceResponse)
    /// A response of an operation.
    case response(OperationID, ClientResponse)
    /// One responder's body could not be had whole; the operation goes on.
    case responseLost(OperationID, PeerIdentity, OperationFailure)
    /// An operation is over.
    case ended(OperationID, OperationEnd)
    /// A ping is over: with ``ExchangeFailure/reset`` the endpoint is there.
    case pingEnded(PingID, ExchangeFailure)
}
