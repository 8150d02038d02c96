import Bytes
import COSE
import CoAP
import OSCORE

extension GroupContext {
    /// Who is said to have sent a response; why that cannot be, otherwise.
    @inline(__always)
    func responder(
        of message: borrowing ProtectedMessage, to binding: GroupRequestBinding, assumedResponder: SenderID?
    ) -> Result<Uncounted<RecipientContext>, VerificationFailure> {
        guard !isStateLost else { return .failure(.stateLost) }
        if let kidContext = message.option.kidContext {
            guard groupID.matches(kidContext) else { return .failure(.noContext) }
        }
        let responder: SenderID
        if let kid = message.option.kid {
            guard let senderID = SenderID(kid) else { return .failure(.unknownSender) }
            responder = senderID
        } else {
            // GOSC-0117, GOSC-0223: only a response to a pairwise request can leave the kid out.
            guard !binding.isGroupMode, let assumedResponder else { return .failure(.malformed) }
            responder = assumedResponder
        }
        guard responder != senderID else { return .failure(.ownMessage) }
        // GOSC-0225
        guard let recipient = recipients.find(responder) else { return .failure(.unknownSender) }
        return .success(recipient)
    }

    /// Asks whether the right member sent a response that was decrypted: the last steps of both modes.
    ///
    /// - Parameter start: Where its body begins, which is taken back if the response is not accepted.
    @inline(__always)
    func finishResponse(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, to binding: GroupRequestBinding,
        assumedResponder: SenderID?, _ joined: JoinedMessage, appendedFrom start: Int,
        in output: inout OutputSpan<UInt8>
    ) -> GroupResponseOutcome {
        guard joined.code.isResponse else {
            output.wipe(from: start)
            return .rejected(.malformed)
        }
        recipient.isProvisional = false
        // GOSC-0229, GOSC-0230: an answer to a request for one member counts only from that member, under whatever
        // Sender ID it has now.
        if let assumedResponder, recipient.recipientID != assumedResponder,
            recipients[assumedResponder]?.credential.publicKey != recipient.credential.publicKey
        {
            output.wipe(from: start)
            return .rejected(.wrongResponder)
        }
        // OSC-0046
        guard !joined.hasObserve || binding.request.observe != nil else {
            output.wipe(from: start)
            return .rejected(.unexpectedNotification)
        }
        return .verified(joined.code, recipient.recipientID, message.option.partialIV)
    }
}
