import Bytes
public import CoAP

extension SecurityContext {
    // OSC-0089: RFC 8613 §8.4, step by step.
    /// Verifies a response to a request of this endpoint.
    ///
    /// The caller found `binding` by the Token. It accepts one response, or as many notifications as its
    /// ``NotificationNumber`` lets through and one response after them.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - binding: What the request was bound with.
    ///   - output: Receives the body of the response; nothing unless verified. Needs room for the received body.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding, into output: inout OutputSpan<UInt8>
    ) -> ResponseOutcome {
        guard !message.option.isGroupMode else { return .rejected(.mode) }
        // A response that names a context or a sender names the wrong one, or belongs to a re-derivation.
        guard binding.kid == senderID, matchesResponder(message.option) else { return .rejected(.noContext) }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let partialIV = message.option.partialIV
        // OSC-0089: without a Partial IV of its own the response uses the request's nonce.
        let isGenuine =
            if let partialIV {
                incoming.open(message.payload, producer: peer, partialIV, requester: own, binding.partialIV)
            } else {
                incoming.open(message.payload, producer: own, binding.partialIV, requester: own, binding.partialIV)
            }
        guard isGenuine else { return .rejected(.decryption) }
        let start = output.count
        guard let joined = incoming.appendJoined(message, to: &output), joined.code.isResponse else {
            output.removeLast(output.count - start)
            return .rejected(.malformed)
        }
        guard joined.hasObserve else { return .verified(joined.code, partialIV) }
        // OSC-0046
        guard binding.observe != nil else {
            output.removeLast(output.count - start)
            return .rejected(.unexpectedNotification)
        }
        return .notification(joined.code, partialIV)
    }

    /// Neither kid nor kid context belongs into a response; what is there must at least be true.
    private func matchesResponder(_ option: borrowing OSCOREOption) -> Bool {
        if let kid = option.kid, !recipientID.matches(kid) { return false }
        guard let received = option.kidContext else { return true }
        guard let expected = responseKidContext ?? kidContext else { return false }
        return ConstantTime.equal(received, expected.span)
    }
}

/// The outcome of verifying a response (RFC 8613 §8.4).
public enum ResponseOutcome: Sendable {
    /// Genuine: its Code, and its Partial IV if it carries one. The last response to the request.
    case verified(Code, PartialIV?)
    /// Genuine, with an inner Observe option, and whether it is new is for a ``NotificationNumber`` to say.
    case notification(Code, PartialIV?)
    // OSC-0090
    /// Not accepted.
    case rejected(VerificationFailure)
}
