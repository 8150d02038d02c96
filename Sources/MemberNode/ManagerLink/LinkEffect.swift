import CoAP
import CoAPEngine
import OSCORE

/// What a ``ManagerLink`` wants done, in order.
enum LinkEffect {
    /// Send a datagram to the manager.
    case transmit(OutgoingDatagram)
    /// Make the token durable, then call `tokenSaved` or `tokenNotSaved`.
    case saveToken(NodeTokenRecord)
    /// The authorization server does not stand by the token any more.
    case dropToken
    /// The manager can be asked now: call `send` with the request.
    case ready(ManagerQuestion)
    /// The manager knows this node again, after it did not any more: much may have happened to it meanwhile.
    case reestablished
    /// A genuine answer.
    case answered(ManagerQuestion, Message)
    /// The manager asks something of this member: answer with `complete`.
    case asked(EndpointCall, ResourceRequest<OSCORE.VerifiedRequest>)
    /// There will be no answer.
    case failed(ManagerQuestion, JoinFailure)
}
