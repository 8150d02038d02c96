public import CoAP
public import CoAPEngine

extension CoAPEndpoint {
    /// The states of a resource: the present one, then each that the server tells of (RFC 7641).
    ///
    /// If several come while nobody takes them, the newest are kept. The observation ends at the server, too, when the
    /// sequence is no longer iterated or its task is cancelled. It ends by itself with an error answer, which is the last
    /// element.
    ///
    /// - Parameters:
    ///   - uri: Of one server.
    ///   - options: Further options, such as Accept.
    ///   - peer: The OSCORE association to protect it with; `nil` sends it unprotected.
    public nonisolated func observe(
        _ uri: String, options: Options = Options(), peer: PeerIdentity? = nil
    ) async throws(CoAPError) -> AsyncThrowingStream<ClientResponse, any Error> {
        let destination = try await Destination(uri)
        var message = Self.message(.get, options, [], nil, for: destination)
        message.options.observe = 0
        return responses(to: ClientRequest(message, to: destination.address, peer: peer))
    }
}
