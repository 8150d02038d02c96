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
    ///   - output: Receives the body of the response; nothing unless verified. Needs room for the received body, some of
    ///     which is written and wiped again if the response is not verified.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding, into output: inout OutputSpan<UInt8>
    ) -> ResponseOutcome {
        guard !message.option.isGroupMode else { return .rejected(.mode) }
        // A response that names a context or a sender names the wrong one, or belongs to a re-derivation.
        guard binding.kid == senderID, matchesResponder(message.option) else { return .rejected(.noContext) }
        return unsafe recipient.verifyResponse(message, to: binding, into: &output)
    }

    /// Neither kid nor kid context belongs into a response; what is there must at least be true.
    @inline(__always)
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
