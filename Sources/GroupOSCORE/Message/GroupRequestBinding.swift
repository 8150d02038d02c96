public import OSCORE

/// What binds responses to one group request or pairwise request (RFC 10021 §3.4, §7.3).
///
/// Keep it for as long as responses are sent or expected, and never change it: neither a rekeying nor a new Sender ID
/// does (GOSC-0193, GOSC-0195, GOSC-0211, GOSC-0212).
public struct GroupRequestBinding: Hashable, Sendable {
    /// kid and Partial IV of the request, and whether its nonce is still free for a response.
    public var request: RequestBinding
    /// The Gid under which the request was protected, whatever the Gid is now.
    public let groupID: GroupID
    /// Whether the request was in group mode; then every response carries a kid.
    public let isGroupMode: Bool
    /// The Key Generation Number of the context that protected or verified the request.
    public let keyGeneration: UInt64
    /// The Sender ID that the responder had when it verified the request; `nil` at the client.
    let responderID: SenderID?
    /// The one member that is to answer: whom a pairwise request was meant for, or whom alone a group request was sent to
    /// (``ClientExchange/Audience/member(_:)``); `nil` otherwise, and at the server.
    public let intendedResponder: SenderID?

    package init(
        request: RequestBinding, groupID: GroupID, isGroupMode: Bool, keyGeneration: UInt64 = 0,
        responderID: SenderID? = nil, intendedResponder: SenderID? = nil
    ) {
        self.request = request
        self.groupID = groupID
        self.isGroupMode = isGroupMode
        self.keyGeneration = keyGeneration
        self.responderID = responderID
        self.intendedResponder = intendedResponder
    }

    /// The same for a request that only one member is to answer. Whom a pairwise request was meant for does not change.
    func expecting(_ responder: SenderID) -> Self {
        GroupRequestBinding(
            request: request, groupID: groupID, isGroupMode: isGroupMode, keyGeneration: keyGeneration,
            responderID: responderID, intendedResponder: intendedResponder ?? responder)
    }

    /// The same with what the request wants with its Observe option, which only shows when it is decrypted.
    func observing(_ observe: ObserveRequest?) -> Self {
        guard observe != request.observe else { return self }
        var observing = self
        observing.request = RequestBinding(
            kid: request.kid, partialIV: request.partialIV, allowsRequestNonce: request.isRequestNonceFree,
            observe: observe)
        return observing
    }
}
