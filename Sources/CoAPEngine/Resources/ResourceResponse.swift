public import CoAP

/// What a resource answers.
public struct ResourceResponse: Hashable, Sendable {
    /// The response code.
    public var code: Code
    /// The options. Observe and those of block-wise transfer are the server's business and are replaced.
    public var options: Options
    /// The payload, of any length up to the server's limit.
    public var payload: [UInt8]

    /// Creates a response.
    public init(_ code: Code, options: Options = Options(), payload: [UInt8] = []) {
        self.code = code
        self.options = options
        self.payload = payload
    }

    /// Creates a response with a payload and its Content-Format.
    public init(_ code: Code, _ format: ContentFormat, _ payload: [UInt8]) {
        self.init(code, payload: payload)
        options.contentFormat = format
    }

    /// Creates an error with a text for people (RFC 7252 §5.5.2).
    internal init(_ code: Code, diagnostic: String) {
        // COAP-0072: no Content-Format.
        self.init(code, payload: Array(diagnostic.utf8))
    }

    /// The response as a message.
    public var message: Message { Message(code: code, options: options, payload: payload) }
}
