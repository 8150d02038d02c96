public import Bytes
public import CoAP
public import CoAPEngine

extension CoAPEndpoint {
    /// Sends a request to a group and gives the responses as they come: who answered, what, and how soon (RFC 10020).
    ///
    /// - Parameters:
    ///   - method: Any method. Bodies must fit one datagram.
    ///   - uri: Of a group, such as `coap://[ff35:30:fd00::1]/light`; link-local groups need a zone or `interface`.
    ///   - options: Further options.
    ///   - payload: The body.
    ///   - format: The format of the body.
    ///   - interface: The interface to send on, where the URI has no zone.
    ///   - peer: The group whose members are to read it, as the identity of a ``CoAPSecurity/GroupPeer``; `nil` sends it without
    ///     protection.
    ///   - collection: How long, and until whose answers, responses are collected.
    public nonisolated func group(
        _ method: Code, _ uri: String, options: Options = Options(), payload: [UInt8] = [],
        format: ContentFormat? = nil, interface: InterfaceIndex = .unspecified,
        peer: PeerIdentity? = nil, collecting collection: ResponseCollection
    ) async throws(CoAPError) -> AsyncThrowingStream<ClientResponse, any Error> {
        let destination = try await Destination(uri, interface: interface)
        guard destination.isGroup else { throw .refused(.notAGroup) }
        return responses(
            to: ClientRequest(
                Self.message(method, options, payload, format, for: destination), to: destination.address,
                peer: peer, group: collection))
    }
}
