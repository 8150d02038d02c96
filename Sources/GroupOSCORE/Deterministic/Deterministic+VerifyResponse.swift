import Bytes
import CoAP
public import OSCORE

extension GroupContext {
    // draft-ietf-core-cacheable-oscore §3.4.4, §3.4.5, step by step.
    /// Verifies a response to a deterministic request of this member. It may be older than the request: a proxy may have
    /// kept it.
    ///
    /// The caller found `binding` by the Token and keeps the Response Numbers of the exchange.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - binding: What the request was bound with.
    ///   - output: Receives the body of the response with its Request-Hash option restored, and without Observe option
    ///     if no observation was intended; nothing unless verified. Needs room for the received body and 69 bytes.
    public func verifyDeterministicResponse(
        _ message: borrowing ProtectedMessage, to binding: DeterministicRequestBinding,
        into output: inout OutputSpan<UInt8>
    ) -> GroupResponseOutcome {
        guard !isStateLost else { return .rejected(.stateLost) }
        // CACH-0012: every member can make a response in pairwise mode; only a signature tells who answered.
        guard message.option.isGroupMode, algorithms.hasGroupMode else { return .rejected(.mode) }
        guard let partialIV = message.option.partialIV else { return .rejected(.malformed) }
        if let kidContext = message.option.kidContext {
            guard groupID.matches(kidContext) else { return .rejected(.noContext) }
        }
        let recipient: RecipientContext
        switch deterministicResponder(of: message, to: binding) {
        case .success(let found): recipient = found
        case .failure(let failure): return .rejected(failure)
        }
        // CACH-0015: an option that travels must be the one that is restored.
        if let given = RequestHashOption.value(in: message.body), given != binding.requestHash {
            return .rejected(.malformed)
        }
        let needed = message.body.count + RequestHashOption.maximumLength
        guard output.freeCapacity >= needed else { return .rejected(.malformed) }
        let options = RequestHashOption.classIOptions(binding.requestHash)
        if let failure = openCountersigned(
            message, from: recipient, producer: recipient.recipientID, partialIV: partialIV, binding: binding.request,
            classIOptions: options.span, isRequest: false)
        {
            return .rejected(failure)
        }
        var code: Code?
        let joined = [UInt8](capacity: message.body.count) { joined in
            code = buffers.plaintext.appendJoined(outer: message.body, to: &joined)?.code
        }
        guard let code, code.isResponse, RequestHashOption.value(in: joined.span) == nil,
            // An inner Observe option that nobody asked for is only there to make requests alike.
            let body = RequestHashOption.removed(from: joined.span, andObserve: !binding.isObservation)
        else { return .rejected(.malformed) }
        RequestHashOption.writeRestored(binding.requestHash, in: body.span, into: &output)
        recipient.isProvisional = false
        return .verified(code, recipient.recipientID, partialIV)
    }

    /// Who is said to have sent a response; why that cannot be, otherwise.
    private func deterministicResponder(
        of message: borrowing ProtectedMessage, to binding: DeterministicRequestBinding
    ) -> Result<RecipientContext, VerificationFailure> {
        let responder: SenderID
        if let kid = message.option.kid {
            guard let senderID = SenderID(kid) else { return .failure(.unknownSender) }
            // CACH-0015: exactly the one that was asked, and no other that has the same key.
            if let intended = binding.intendedResponder, intended != senderID { return .failure(.wrongResponder) }
            responder = senderID
        } else {
            // CACH-0016
            guard let intended = binding.intendedResponder else { return .failure(.malformed) }
            responder = intended
        }
        guard responder != senderID else { return .failure(.ownMessage) }
        guard let recipient = recipients[responder] else { return .failure(.unknownSender) }
        return .success(recipient)
    }
}
