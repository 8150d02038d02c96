import Bytes
import COSE
import CoAP
public import OSCORE

extension SignatureChecker {
    // RFC 10021 §7.5
    /// Checks a request and remembers it for its responses.
    ///
    /// - Parameters:
    ///   - message: The message that passes by; trusted in nothing.
    ///   - exchange: Its Token and where it came from.
    public func checkRequest(
        _ message: borrowing ProtectedMessage, in exchange: CheckedExchange
    ) -> SignatureVerdict {
        guard let partialIV = message.option.partialIV, let kid = message.option.kid,
            let kidContext = message.option.kidContext
        else { return .invalid(.malformed) }
        guard let group = group(kidContext) else { return .notCheckable(.unknownGroup) }
        // A kid that is too long belongs to nobody.
        guard let senderID = SenderID(kid) else { return .notCheckable(.unknownMember) }
        let binding = GroupRequestBinding(
            request: RequestBinding(kid: senderID, partialIV: partialIV), groupID: group.groupID,
            isGroupMode: message.option.isGroupMode)
        guard message.option.isGroupMode else {
            // Its response may be in group mode, and is signed over kid and Partial IV of this request.
            var request = RememberedRequest(binding: binding, requestHash: nil)
            // CACH-0011: a hash in a request of somebody else means nothing.
            if senderID == group.deterministicClientID ?? senderID {
                // CACH-0013: responses are signed with the hash. Nothing else that a stranger sends is kept.
                request.requestHash = RequestHashOption.plausibleValue(in: message.body)
                request.isDeterministic = senderID == group.deterministicClientID
                guard request.requestHash != nil || !request.isDeterministic else {
                    return .notCheckable(.pairwiseMode)
                }
            }
            remember(request, of: exchange)
            // GOSC-0244
            return .notCheckable(.pairwiseMode)
        }
        guard let credential = group.credential(of: senderID) else { return .notCheckable(.unknownMember) }
        let signer = Countersigner(
            credential: credential, producer: senderID, partialIV: partialIV, isRequest: true)
        if let failure = isSigned(message, in: group, signer: signer, binding: binding) { return .invalid(failure) }
        let request = RememberedRequest(binding: binding, requestHash: nil)
        if isFirstSighting(of: partialIV, from: Signer(groupID: group.groupID, senderID: senderID)) {
            remember(request, of: exchange)
        } else {
            rememberRepeated(request, of: exchange)
        }
        return .valid(senderID, under: group.groupID)
    }
}
