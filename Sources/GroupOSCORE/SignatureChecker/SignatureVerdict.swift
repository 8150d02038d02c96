public import OSCORE

// GOSC-0243: what follows from it (forward, drop, log) is the application's affair.
/// What a signature checker says of a message.
public enum SignatureVerdict: Hashable, Sendable {
    // GOSC-0240
    /// This member signed it; a Sender ID means something under its Gid only, which is that of the group under which the
    /// message verified. Whether it is new, and what it says, nobody but the group knows.
    case valid(SenderID, under: GroupID)
    // GOSC-0242
    /// This member signed it, as a response to the request that has its Token. But that one is in pairwise mode: anybody can
    /// have made it up, and then this is a recorded response that nobody has asked for. Only the client can tell.
    case validIfAsked(SenderID, under: GroupID)
    // GOSC-0244
    /// Nothing can be said of it, neither good nor bad.
    case notCheckable(UncheckableReason)
    /// It is not what it claims to be.
    case invalid(VerificationFailure)

    var isValid: Bool {
        if case .valid = self { true } else { false }
    }
}

/// Why a signature checker can say nothing of a message.
public enum UncheckableReason: Hashable, Sendable, CaseIterable {
    /// It is in pairwise mode and carries no signature.
    case pairwiseMode
    /// The Gid is not one that the checker was told of.
    case unknownGroup
    /// The response has a Gid that is not known to have come after the one of its request.
    case unrelatedGroup
    /// The checker has no credential of the sender.
    case unknownMember
    /// No request is known that this response could belong to.
    case unmatchedResponse
    /// The response does not fit the only request that is known. That one is in pairwise mode, or has passed before, and
    /// anybody can have put it in the place of the genuine one.
    case uncheckedRequest
    /// The response does not say who sent it, and the caller does not know either.
    case unknownResponder
}
