import Bytes
public import CoAP

extension SecurityContext {
    // OSC-0081: RFC 8613 §8.2, step by step.
    /// Verifies a request and, if it is genuine and new, marks its Partial IV.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - output: Receives the body of the request; nothing unless verified. Needs room for the received body, some of
    ///     which is written and wiped again if the request is not verified.
    public func verifyRequest(
        _ message: borrowing ProtectedMessage, into output: inout OutputSpan<UInt8>
    ) -> RequestOutcome {
        // OSC-0055, OSC-0079
        guard !message.option.isGroupMode else { return .rejected(.mode) }
        guard let partialIV = message.option.partialIV, let kid = message.option.kid else {
            return .rejected(.malformed)
        }
        // OSC-0080, OSC-0056
        guard recipientID.matches(kid), matchesKidContext(message.option) else { return .rejected(.noContext) }
        return unsafe recipient.verifyRequest(message, partialIV, into: &output)
    }

    @inline(__always)
    private func matchesKidContext(_ option: borrowing OSCOREOption) -> Bool {
        guard let received = option.kidContext else { return true }
        guard let kidContext else { return false }
        return ConstantTime.equal(received, kidContext.span)
    }
}

/// The outcome of verifying a request (RFC 8613 §8.2).
public enum RequestOutcome: Sendable {
    /// Genuine and new: its Code, and what binds responses to it.
    case verified(Code, RequestBinding)
    // OSC-0071
    /// Genuine or not, its Partial IV was accepted before.
    case replay
    /// Genuine, but nobody knows whether it is new, because the replay window is invalid (RFC 8613 §B.1.2).
    // Indirect, because it is large and rare, and the other cases travel with every message.
    indirect case unproven(UnprovenRequest)
    /// Not accepted.
    case rejected(VerificationFailure)
}
