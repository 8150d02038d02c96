import Bytes

/// A CoAP message as applications see it, without the framing of a transport (RFC 7252 §5).
public struct Message: Hashable, Sendable {
    /// Method or response code.
    public var code: Code
    /// The options.
    public var options: Options
    /// The payload; empty if there is none.
    public var payload: [UInt8]

    /// Creates a message.
    public init(code: Code, options: Options = Options(), payload: [UInt8] = []) {
        self.code = code
        self.options = options
        self.payload = payload
    }

    /// Reads the part of a datagram behind the token.
    ///
    /// - Parameter body: `options | [ff | payload]`.
    /// - Throws: What ``OptionReader/advance()`` throws.
    public init(code: Code, body: Span<UInt8>) throws(CoAPFormatError) {
        let (options, payloadLength) = try Options.split(body)
        self.code = code
        self.options = options
        self.payload = [UInt8](copying: body.extracting(last: payloadLength))
    }

    /// `options | [ff | payload]`.
    public var body: [UInt8] {
        var body = options.encoded
        body.reserveCapacity(bodyLength)
        OptionWriter().writePayload(payload.span, into: &body)
        return body
    }

    /// The length of ``body`` in bytes, without making it.
    public var bodyLength: Int {
        options.encoded.count + (payload.isEmpty ? 0 : payload.count + 1)
    }
}
