internal import CoAP

extension ClientRefusal: CustomStringConvertible {
    /// For a person: why nothing was sent, and what to do.
    public var description: String {
        switch self {
        case .notARequest: "the code is not one of a request; use a method such as GET"
        case .confirmableToGroup: "requests to groups must be non-confirmable"
        case .notAGroup: "one endpoint and a group are asked in different ways; check the address"
        case .reservedOption(let number):
            "option \(number.rawValue) is set where it is needed, not by whoever asks; leave it out"
        case .observedMethod: "only GET and FETCH can observe"
        case .bodyNeedsBlocks:
            "the body does not fit one datagram, and requests to groups and observations are not sent in blocks; "
                + "make it shorter, or the block size larger"
        case .bodyTooLarge:
            "the body needs more than \(BlockOption.maximumNumber + 1) blocks; make it shorter, or the block size larger"
        case .blocksWithoutResponses:
            "a body in blocks needs answers, and No-Response forbids them; leave out option 258, or make the body shorter"
        case .eTagToGroup: "a request to a group must have no ETag; leave it out"
        case .deadlineTooShort(let minimum):
            "members may take \(Self.seconds(minimum)) s to answer; wait at least so long"
        case .tooManyOperations: "too many requests are under way; wait until some are done"
        case .retryLater(let wait): "the server wants to be spared such requests; try again in \(Self.seconds(wait)) s"
        }
    }

    /// Rounded up: earlier is too early.
    static func seconds(_ duration: Duration) -> Int64 {
        duration.components.seconds + (duration.components.attoseconds > 0 ? 1 : 0)
    }
}

extension OperationFailure: CustomStringConvertible {
    /// For a person: why there is no response, and what to do.
    public var description: String {
        switch self {
        case .timeout: "no answer; check that the server runs and can be reached"
        case .reset: "the peer has rejected the message (reset); check that a CoAP server listens at this port"
        case .notSent: "the system could not send the message; check the address and the network"
        case .bodyTooLarge: "the body of the answer is longer than this client takes; ask for less"
        case .inconsistentBlocks:
            "the blocks of the answer do not fit together; the resource may be changing, try again"
        case .uploadRefused: "the server does not take the body, whatever the size of its blocks; make it shorter"
        case .unusableResponse:
            "the answer cannot be used: it is malformed, or has an option that must be understood and is not"
        case .unprotectable(let refusal): refusal.description
        case .overloaded: "too many long bodies are under way; try again when some are done"
        }
    }
}

extension ProtectionRefusal: CustomStringConvertible {
    /// For a person: why nothing was sent, and what to do.
    public var description: String {
        switch self {
        case .unknownAssociation:
            "there is no security context for this peer, so nothing was sent; check its identifiers"
        case .numbersExhausted:
            "the security context has used up its sequence numbers, so nothing was sent; it needs new keys"
        case .notStored(let reason):
            "the sequence numbers of the security context could not be stored, so nothing was sent: \(reason)"
        case .unsuitableMessage: "the message cannot be protected, so nothing was sent; make it shorter"
        case .modeUnavailable: "the group does not have this mode, so nothing was sent; use the other one"
        }
    }
}
