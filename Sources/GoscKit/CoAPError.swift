public import Bytes
public import CoAP
public import CoAPEngine
public import DatagramTransport

/// Why an endpoint could not do what it was asked for.
public enum CoAPError: Error, Hashable, Sendable {
    /// The text is no URI that CoAP can use.
    case invalidURI(String, CoAPURIError)
    /// `coaps` needs DTLS, which this endpoint does not have.
    case secureScheme(String)
    /// The name has no address.
    case unknownHost(String)
    /// This host has no interface of that name.
    case unknownInterface(String)
    /// An address of one link, without saying which.
    case interfaceMissing(String)
    /// The group reaches farther than permitted.
    case scopeTooWide(String, MulticastScope)
    /// The request makes no sense as it is; nothing was sent.
    case refused(ClientRefusal)
    /// There is no, or no whole, response.
    case failed(OperationFailure)
    /// The answer is an error, where only a success is of use.
    case answered(ClientResponse)
    /// The time for the operation is over.
    case deadline
    /// The task was cancelled.
    case cancelled
    /// A socket could not be opened.
    case transport(TransportError)
    /// A group to listen to reaches farther than a site, see ``EndpointConfiguration/permitsWideGroups``.
    case groupTooWide(IPv6Address)
    /// A Security Context could not be derived, or is there twice.
    case invalidAssociation(String)
    /// The endpoint has been shut down.
    case shutDown
}

extension CoAPError: CustomStringConvertible {
    /// One line for a person: what, then why.
    public var description: String {
        switch self {
        case .invalidURI(let text, let error): "\"\(text)\" is no CoAP URI: \(error)"
        case .secureScheme(let text): "\"\(text)\" asks for DTLS, which is not supported; use coap:// with OSCORE"
        case .unknownHost(let name): "the host \(name) has no address"
        case .unknownInterface(let name): "this host has no interface \(name)"
        case .interfaceMissing(let text): "\"\(text)\" is valid on one link only; name its interface"
        case .scopeTooWide(let text, let scope): "\"\(text)\" reaches all of a \(scope) scope, farther than permitted"
        case .refused(let refusal): "the request was not sent: \(refusal)"
        case .failed(.timeout): "no answer"
        case .failed(.reset): "the peer has reset the request"
        case .failed(.unprotectable(.unknownAssociation)): "there is no OSCORE context for this peer; nothing was sent"
        case .failed(.unprotectable(.numbersExhausted)):
            "the OSCORE context has used up its sequence numbers and needs new keys; nothing was sent"
        case .failed(.unprotectable(.notStored(let reason))):
            "the sequence numbers of the OSCORE context could not be stored, so nothing was sent: \(reason)"
        case .failed(let failure): "the request failed: \(failure)"
        case .answered(let response): "the answer is \(response.message.code) \(response.message.code.meaning)"
        case .deadline: "no answer in the time that was set"
        case .cancelled: "cancelled"
        case .transport(let error): error.description
        case .groupTooWide(let group):
            "the group \(group) reaches farther than this site, and what needs no protection would be open to the Internet"
        case .invalidAssociation(let reason): "the OSCORE context cannot be used: \(reason)"
        case .shutDown: "the endpoint has been shut down"
        }
    }
}

extension CoAPError {
    /// Why a URI says not where to send.
    init(_ error: CoAPDestinationError, _ text: String) {
        switch error {
        case .name: self = .unknownHost(text)
        case .zoneMissing: self = .interfaceMissing(text)
        case .unknownZone(let name): self = .unknownInterface(name)
        case .scopeTooWide(let scope): self = .scopeTooWide(text, scope)
        }
    }
}
