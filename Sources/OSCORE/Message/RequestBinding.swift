/// What binds responses to one request: it goes into the AAD and, without a Partial IV of its own, into the nonce of each
/// response (RFC 8613 §5.4, §7.1).
///
/// OSC-0068, OSC-0076: both sides keep it, with the Security Context, under the Token until the last response.
public struct RequestBinding: Hashable, BitwiseCopyable, Sendable {
    /// The kid of the request, whatever identifier its sender has now.
    public let kid: SenderID
    /// The Partial IV of the request.
    public let partialIV: PartialIV
    /// What the request wanted with its Observe option; `nil` if it had none.
    public let observe: ObserveRequest?
    // OSC-0060, GOSC-0169: one response may use the request's nonce, no second one.
    /// Whether a response may still go without a Partial IV of its own.
    public private(set) var isRequestNonceFree: Bool

    /// Binds to a request that was sent or verified just now.
    ///
    /// - Parameters:
    ///   - allowsRequestNonce: False when the request was not checked for replay.
    ///   - observe: What the request wants with its Observe option.
    package init(
        kid: SenderID, partialIV: PartialIV, allowsRequestNonce: Bool = true, observe: ObserveRequest? = nil
    ) {
        self.kid = kid
        self.partialIV = partialIV
        self.observe = observe
        self.isRequestNonceFree = allowsRequestNonce
    }

    // OSC-0069: whether a response took the request's nonce is not known any more.
    /// A binding that was stored, such as that of an observation which outlives a restart: every response to it takes a
    /// Partial IV of its own.
    public static func restored(kid: SenderID, partialIV: PartialIV, observe: ObserveRequest? = nil) -> Self {
        Self(kid: kid, partialIV: partialIV, allowsRequestNonce: false, observe: observe)
    }

    /// Gives the request's nonce away, once.
    package mutating func takeRequestNonce() throws(ProtectionError) {
        guard isRequestNonceFree else { throw .requestNonceUsed }
        isRequestNonceFree = false
    }

    // OSC-0034: only the first response to a registration may go without.
    /// Notes that a response used a Partial IV of its own: every later one does so, too.
    package mutating func noteOwnPartialIV() {
        isRequestNonceFree = false
    }
}
