public import OSCORE

/// What binds responses to one deterministic request. All requests share kid and Partial IV, so the hash does.
///
/// A type of its own: such a response never goes out in pairwise mode, and never under the request's nonce.
public struct DeterministicRequestBinding: Hashable, Sendable {
    /// kid, Partial IV and Gid of the request. Its nonce belongs to nobody and is never free.
    let request: GroupRequestBinding
    /// The value of the Request-Hash option.
    public let requestHash: [UInt8]
    /// Whether an observation is intended: the request has an outer Observe option. An inner one says nothing.
    public let isObservation: Bool

    /// Binds to given values. Only for tests, vectors and `gosc message`.
    package init(
        client: SenderID, groupID: GroupID, requestHash: [UInt8], isObservation: Bool = false,
        keyGeneration: UInt64 = 0, responderID: SenderID? = nil, intendedResponder: SenderID? = nil
    ) {
        // CACH-0003: every deterministic request has the Partial IV 0.
        self.request = GroupRequestBinding(
            request: RequestBinding(kid: client, partialIV: .zero, allowsRequestNonce: false), groupID: groupID,
            isGroupMode: false, keyGeneration: keyGeneration, responderID: responderID,
            intendedResponder: intendedResponder)
        self.requestHash = requestHash
        self.isObservation = isObservation
    }

    /// The Gid under which the request was protected, whatever the Gid is now.
    public var groupID: GroupID { request.groupID }
    /// Whom the request was meant for; `nil` for several servers, and at the server.
    public var intendedResponder: SenderID? { request.intendedResponder }
}
