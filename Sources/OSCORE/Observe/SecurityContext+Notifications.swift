import Bytes
public import CoAP

/// The outcome of verifying a response to a request that observes (RFC 8613 §8.4.2).
public enum ObservedResponse: Sendable {
    /// A notification newer than all before. Its Observe option has the value that orders it, of three bytes.
    case notification(Message)
    /// A response that ends the observation, or never began it.
    case last(Message)
    /// A notification that was accepted before, or is older than one that was.
    case old
    // OSC-0092
    /// Not accepted. The observation goes on as if nothing had come.
    case rejected(VerificationFailure)
}

extension SecurityContext {
    /// Verifies a response to a request that observes, and keeps it.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - binding: What the registration was bound with.
    ///   - number: The Notification Number of the observation; changed by notifications that are accepted only.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding, number: inout NotificationNumber
    ) -> ObservedResponse {
        var outcome = ResponseOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyResponse(message, to: binding, into: &output)
        }
        switch outcome {
        case .rejected(let failure): return .rejected(failure)
        case .verified(let code, _):
            // OSC-0046: without an inner Observe option it is a plain response.
            guard let message = try? Message(code: code, body: body.span) else { return .rejected(.malformed) }
            return .last(message)
        case .notification(let code, let partialIV):
            guard var message = try? Message(code: code, body: body.span) else { return .rejected(.malformed) }
            guard number.accept(partialIV) else { return .old }
            // OSC-0045: the one without a Partial IV is the oldest.
            message.options.observe = partialIV?.observeValue ?? 0
            return .notification(message)
        }
    }
}
