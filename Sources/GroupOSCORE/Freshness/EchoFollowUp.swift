public import CoAP
public import OSCORE

/// The request that a client sends after a challenge (RFC 10021 §9). Protecting it takes a new Partial IV.
public struct EchoFollowUp: Hashable, Sendable {
    /// How the follow-up is protected.
    public enum Mode: Hashable, Sendable {
        /// The group has no pairwise mode.
        case group
        /// Whenever the group has it.
        case pairwise
    }

    // GOSC-0268
    /// The only member that the follow-up is sent to, by unicast.
    public let server: SenderID
    // ECHO-0007
    /// The only Security Context that may protect the follow-up: the one that the value came in.
    public let groupID: GroupID
    /// How the follow-up is protected.
    public let mode: Mode
    /// The request with the value, still to be protected.
    public let request: Message

    /// What follows from a verified response; `nil` if it is no challenge.
    ///
    /// - Parameters:
    ///   - response: A response that was verified.
    ///   - request: The request to send again, or a newer one for the same server.
    ///   - groupID: The Gid of the context that verified the response.
    ///   - algorithms: The algorithms of that context.
    public init?(
        to response: VerifiedResponse, repeating request: Message, under groupID: GroupID, algorithms: GroupAlgorithms
    ) {
        guard response.message.code == .unauthorized, let echo = response.message.options.echo else { return nil }
        var request = request
        // ECHO-0002: given back as it came.
        request.options.echo = echo
        self.request = request
        self.server = response.sender
        self.groupID = groupID
        // GOSC-0269
        self.mode = algorithms.hasPairwiseMode ? .pairwise : .group
    }
}
