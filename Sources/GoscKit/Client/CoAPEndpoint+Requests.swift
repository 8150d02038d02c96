internal import Bytes
public import CoAP
public import CoAPEngine

extension CoAPEndpoint {
    /// Reads a resource (RFC 7252 §5.8.1). A long representation is fetched block by block.
    ///
    /// - Parameters:
    ///   - uri: Such as `coap://[2001:db8::1]/temperature`.
    ///   - accept: The format that is wanted; `nil` for any.
    /// - Throws: What kept the request from being sent or answered. An error answer is a response, not an error.
    public nonisolated func get(_ uri: String, accept: ContentFormat? = nil) async throws(CoAPError) -> ClientResponse {
        var options = Options()
        options.accept = accept
        return try await request(.get, uri, options: options)
    }

    /// Replaces or creates a resource (RFC 7252 §5.8.3).
    public nonisolated func put(
        _ uri: String, _ payload: [UInt8], format: ContentFormat
    ) async throws(CoAPError) -> ClientResponse {
        try await request(.put, uri, payload: payload, format: format)
    }

    /// Has a resource process a body (RFC 7252 §5.8.2).
    public nonisolated func post(
        _ uri: String, _ payload: [UInt8], format: ContentFormat
    ) async throws(CoAPError) -> ClientResponse {
        try await request(.post, uri, payload: payload, format: format)
    }

    /// Reads what a body asks for (RFC 8132 §2).
    public nonisolated func fetch(
        _ uri: String, _ payload: [UInt8], format: ContentFormat
    ) async throws(CoAPError) -> ClientResponse {
        try await request(.fetch, uri, payload: payload, format: format)
    }

    /// Changes a part of a resource; twice is not the same as once (RFC 8132 §3).
    public nonisolated func patch(
        _ uri: String, _ payload: [UInt8], format: ContentFormat
    ) async throws(CoAPError) -> ClientResponse {
        try await request(.patch, uri, payload: payload, format: format)
    }

    /// Changes a part of a resource; twice is the same as once (RFC 8132 §3).
    public nonisolated func ipatch(
        _ uri: String, _ payload: [UInt8], format: ContentFormat
    ) async throws(CoAPError) -> ClientResponse {
        try await request(.iPatch, uri, payload: payload, format: format)
    }

    /// Removes a resource (RFC 7252 §5.8.4).
    public nonisolated func delete(_ uri: String) async throws(CoAPError) -> ClientResponse {
        try await request(.delete, uri)
    }

    /// Makes one request to one endpoint.
    ///
    /// - Parameters:
    ///   - method: Any method.
    ///   - uri: Of one endpoint; for groups see ``group(_:_:options:payload:collecting:)``.
    ///   - options: Further options; those of the URI are added.
    ///   - payload: The whole body.
    ///   - format: The format of the body.
    ///   - peer: The OSCORE association to protect it with; `nil` sends it unprotected.
    ///   - reliability: Whether the message layer sees to it that the request arrives.
    public nonisolated func request(
        _ method: Code, _ uri: String, options: Options = Options(), payload: [UInt8] = [],
        format: ContentFormat? = nil, peer: PeerIdentity? = nil,
        reliability: OutgoingRequest.Reliability = .confirmable
    ) async throws(CoAPError) -> ClientResponse {
        let destination = try await Destination(uri)
        return try await response(
            to: ClientRequest(
                Self.message(method, options, payload, format, for: destination), to: destination.address, peer: peer,
                reliability: reliability))
    }

    static func message(
        _ method: Code, _ options: Options, _ payload: [UInt8], _ format: ContentFormat?, for destination: Destination
    ) -> Message {
        var message = Message(code: method, options: options, payload: payload)
        if let format { message.options.contentFormat = format }
        destination.options.forEach { number, value in message.options.append(number, Array(copying: value)) }
        return message
    }
}

extension ClientResponse {
    /// The code.
    public var code: Code { message.code }
    /// The body.
    public var payload: [UInt8] { message.payload }
    /// The body as text in UTF-8; `nil` if it is none.
    public var text: String? { String(validating: message.payload, as: UTF8.self) }
    /// Whether the code is of class 2.
    public var isSuccess: Bool { message.code.class == 2 }
}
