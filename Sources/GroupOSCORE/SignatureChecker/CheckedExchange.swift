public import Bytes
public import CoAP

/// What brings a response together with its request: the client's Token and the client's address, which is the source of
/// the request and the destination of its responses, whoever answers.
public struct CheckedExchange: Hashable, Sendable {
    /// Where the request came from.
    public let client: SocketAddress
    /// The Token of request and response.
    public let token: Token

    /// Names an exchange.
    public init(client: SocketAddress, token: Token) {
        self.client = client
        self.token = token
    }
}
