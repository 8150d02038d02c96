import Bytes
public import CoAP

extension SecurityContext {
    // OSC-0089: RFC 8613 §8.4, step by step.
    /// Verifies a response to a request of this endpoint.
    ///
    /// The caller found `binding` by the Token, and accepts one response to a request that does not observe.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - binding: What the request was bound with.
    ///   - output: Receives the body of the response; nothing unless verified. Needs room for the received body.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding, into output: inout OutputSpan<UInt8>
    ) -> ResponseOutcome {
        guard !message.option.isGroupMode else { return .rejected(.mode) }
        // A response need not name its sender; what it names must be true.
        if let kid = message.option.kid, !recipientID.matches(kid) { return .rejected(.noContext) }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let partialIV = message.option.partialIV
        // OSC-0089: without a Partial IV of its own the response uses the request's nonce.
        prepareAADAndNonce(
            producer: partialIV == nil ? binding.kid : recipientID, partialIV: partialIV ?? binding.partialIV,
            binding: binding)
        guard open(message.payload) else { return .rejected(.decryption) }
        let start = output.count
        guard
            let code = buffers.plaintext.appendJoined(outer: message.body, to: &output),
            code.isResponse
        else {
            output.removeLast(output.count - start)
            return .rejected(.malformed)
        }
        return .verified(code, partialIV)
    }
}

/// The outcome of verifying a response (RFC 8613 §8.4).
public enum ResponseOutcome: Sendable {
    /// Genuine: its Code, and its Partial IV if it carries one.
    case verified(Code, PartialIV?)
    // OSC-0090
    /// Not accepted.
    case rejected(VerificationFailure)
}
