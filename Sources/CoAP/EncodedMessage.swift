/// A CoAP message whose options and payload stand as on the wire, for what need not be read again before it is sent.
public struct EncodedMessage: Hashable, Sendable {
    /// Method or response code.
    public var code: Code
    /// `options | [ff | payload]`.
    public var body: [UInt8]

    /// Takes what is encoded already.
    public init(code: Code, body: [UInt8]) {
        self.code = code
        self.body = body
    }

    /// Encodes a message.
    public init(_ message: Message) {
        self.init(code: message.code, body: message.body)
    }
}
