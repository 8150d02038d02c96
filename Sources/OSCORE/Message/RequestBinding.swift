/// What binds responses to one request: it goes into the AAD and, without a Partial IV of its own, into the nonce of each
/// response (RFC 8613 §5.4, §7.1).
public struct RequestBinding: Hashable, Sendable {
    /// The kid of the request, whatever identifier its sender has now.
    public let kid: SenderID
    /// The Partial IV of the request.
    public let partialIV: PartialIV
    // OSC-0060, GOSC-0169: one response may use the request's nonce, no second one.
    /// Whether a response may still go without a Partial IV of its own.
    public private(set) var isRequestNonceFree: Bool

    /// Binds to a request that was sent or verified.
    ///
    /// - Parameter allowsRequestNonce: False when the request was not checked for replay.
    public init(kid: SenderID, partialIV: PartialIV, allowsRequestNonce: Bool = true) {
        self.kid = kid
        self.partialIV = partialIV
        self.isRequestNonceFree = allowsRequestNonce
    }

    /// Gives the request's nonce away, once.
    package mutating func takeRequestNonce() throws(ProtectionError) {
        guard isRequestNonceFree else { throw .requestNonceUsed }
        isRequestNonceFree = false
    }
}
