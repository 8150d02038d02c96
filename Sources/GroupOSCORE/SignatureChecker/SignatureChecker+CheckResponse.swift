import Bytes
import COSE
import CoAP
public import OSCORE

extension SignatureChecker {
    // RFC 10021 §7.5
    /// Checks a response to a request that was checked before.
    ///
    /// - Parameters:
    ///   - message: The message that passes by; trusted in nothing.
    ///   - exchange: Its Token and where it goes.
    ///   - responder: Who answers from the address that the response comes from, if that is known; counts only where the
    ///     response has no kid.
    public func checkResponse(
        _ message: borrowing ProtectedMessage, in exchange: CheckedExchange, from responder: SenderID? = nil
    ) -> SignatureVerdict {
        guard message.option.isGroupMode else { return .notCheckable(.pairwiseMode) }
        var verdict: SignatureVerdict?
        let requests = requests(of: exchange)
        if let request = requests.signed {
            verdict = check(message, to: request, from: responder)
        }
        // Anybody can put these beside a signed one: the better verdict counts.
        if let request = requests.repeated {
            verdict = better(verdict, check(message, to: request, from: responder).underDoubtfulRequest)
        }
        if let request = requests.unsigned {
            verdict = better(verdict, check(message, to: request, from: responder).underUncheckedRequest)
        }
        return verdict ?? .notCheckable(.unmatchedResponse)
    }

    /// Checks a response to a request that the caller knows, and vouches for: nothing of it was checked here.
    ///
    /// - Parameters:
    ///   - message: The message that passes by; trusted in nothing.
    ///   - binding: kid, Partial IV, Gid and mode of the request.
    ///   - requestHash: Of a deterministic request, as long as a hash.
    ///   - responder: Who answered; counts only where the response has no kid.
    package func checkResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding, requestHash: [UInt8]? = nil,
        from responder: SenderID? = nil
    ) -> SignatureVerdict {
        guard message.option.isGroupMode else { return .notCheckable(.pairwiseMode) }
        return check(
            message, to: RememberedRequest(binding: binding, requestHash: requestHash), from: responder)
    }

    private func better(_ verdict: SignatureVerdict?, _ other: SignatureVerdict) -> SignatureVerdict {
        guard let verdict, verdict.rank >= other.rank else { return other }
        return verdict
    }

    private func check(
        _ message: borrowing ProtectedMessage, to request: RememberedRequest, from responder: SenderID?
    ) -> SignatureVerdict {
        let senderID: SenderID
        if let kid = message.option.kid {
            guard let said = SenderID(kid) else { return .notCheckable(.unknownMember) }
            senderID = said
        } else {
            // GOSC-0117: after a request in group mode the kid is always there.
            guard !request.binding.isGroupMode else { return .invalid(.malformed) }
            // GOSC-0242
            guard let responder else { return .notCheckable(.unknownResponder) }
            senderID = responder
        }
        if let kidContext = message.option.kidContext {
            guard let group = group(kidContext) else { return .notCheckable(.unknownGroup) }
            // A member of any other group could sign in the name of whoever has its Sender ID in this one.
            guard hasCome(group, after: request.binding.groupID) else { return .notCheckable(.unrelatedGroup) }
            return check(message, to: request, from: senderID, in: group)
        }
        // GOSC-0241: what the response leaves out is what the request has.
        var verdict = SignatureVerdict.notCheckable(.unknownGroup)
        if let group = group(request.binding.groupID) {
            verdict = check(message, to: request, from: senderID, in: group)
        }
        // A server that has sent its new Gid once may leave it out again (RFC 10021 §7.3); its kid may be new, too.
        guard !verdict.isValid, let successor = successor(of: request.binding.groupID),
            case .valid = check(message, to: request, from: senderID, in: successor)
        else { return verdict }
        return .valid(senderID, under: successor.groupID)
    }

    private func check(
        _ message: borrowing ProtectedMessage, to request: RememberedRequest, from senderID: SenderID,
        in group: CheckedGroup
    ) -> SignatureVerdict {
        guard let credential = group.credential(of: senderID) else { return .notCheckable(.unknownMember) }
        let binding = request.binding
        let own = message.option.partialIV
        let signer = Countersigner(
            credential: credential, producer: own == nil ? binding.request.kid : senderID,
            partialIV: own ?? binding.request.partialIV, isRequest: false)
        if let requestHash = request.requestHash {
            // CACH-0013
            let options = RequestHashOption.classIOptions(requestHash)
            let failure = isSigned(
                message, in: group, signer: signer, binding: binding, classIOptions: options.span)
            guard let failure else { return .valid(senderID, under: group.groupID) }
            // Who was not told which requests are deterministic tries both.
            guard !request.isDeterministic else { return .invalid(failure) }
        }
        let failure = isSigned(message, in: group, signer: signer, binding: binding)
        return failure.map { .invalid($0) } ?? .valid(senderID, under: group.groupID)
    }
}

extension SignatureVerdict {
    /// The same where somebody may have put the request there in the place of the genuine one, which this may answer.
    fileprivate var underDoubtfulRequest: Self {
        self == .invalid(.signature) ? .notCheckable(.uncheckedRequest) : self
    }

    /// The same where nobody knows, besides, whether the client ever sent the request: this may be another one's response,
    /// recorded.
    fileprivate var underUncheckedRequest: Self {
        switch self {
        case .valid(let sender, let groupID): .validIfAsked(sender, under: groupID)
        default: underDoubtfulRequest
        }
    }

    /// Which of several verdicts on one message counts: the highest. Whoever drops what is invalid must not cut members off.
    fileprivate var rank: Int {
        switch self {
        case .invalid: 0
        case .notCheckable: 1
        case .validIfAsked: 2
        case .valid: 3
        }
    }
}
