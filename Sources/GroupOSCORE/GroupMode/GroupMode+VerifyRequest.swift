import Bytes
public import CoAP
import CryptoPrimitives
public import OSCORE

extension GroupContext {
    // RFC 10021 §7.2, step by step.
    /// Verifies a group-mode request and, if it is genuine and new, marks its Partial IV.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - output: Receives the body of the request; nothing unless verified. Needs room for the received body.
    public func verifyGroupRequest(
        _ message: borrowing ProtectedMessage, into output: inout OutputSpan<UInt8>
    ) -> GroupRequestOutcome {
        // GOSC-0180, GOSC-0182
        guard message.option.isGroupMode, algorithms.hasGroupMode else { return .rejected(.mode) }
        guard let partialIV = message.option.partialIV, let kid = message.option.kid,
            let kidContext = message.option.kidContext
        else { return .rejected(.malformed) }
        guard groupID.matches(kidContext) else { return .rejected(.noContext) }
        guard let senderID = SenderID(kid) else { return .rejected(.unknownSender) }
        // GOSC-0210: nobody acts on what it said itself.
        guard senderID != self.senderID else { return .rejected(.ownMessage) }
        // GOSC-0199: a member that is not known is fetched by the caller, who then tries again.
        guard let recipient = recipients[senderID] else { return .rejected(.unknownSender) }
        // The window is asked first because it costs nothing; the mark comes last.
        switch check(partialIV, of: recipient) {
        case .fresh: break
        case .replay: return .replay(senderID)
        case .invalid: return .rejected(.invalidWindow)
        }
        let binding = GroupRequestBinding(
            request: RequestBinding(kid: senderID, partialIV: partialIV), groupID: groupID, isGroupMode: true)
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        // GOSC-0200, GOSC-0203, GOSC-0208: keystream, signature, and only then decryption.
        if let failure = open(
            message, from: recipient, producer: senderID, partialIV: partialIV, binding: binding, isRequest: true)
        {
            return .rejected(failure)
        }
        let start = output.count
        guard
            let code = buffers.plaintext.appendJoined(outer: message.body, to: &output),
            code.isRequest
        else {
            output.removeLast(output.count - start)
            return .rejected(.malformed)
        }
        // GOSC-0167: checked again and marked in one step.
        guard mark(partialIV, of: recipient) == .fresh else {
            output.removeLast(output.count - start)
            return .replay(senderID)
        }
        return .verified(code, binding)
    }

    private func check(_ partialIV: PartialIV, of recipient: RecipientContext) -> ReplayWindow.Verdict {
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.replay) { return .fresh }
        #endif
        return recipient.replayWindow.check(partialIV)
    }

    private func mark(_ partialIV: PartialIV, of recipient: RecipientContext) -> ReplayWindow.Verdict {
        let verdict = recipient.replayWindow.mark(partialIV)
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.replay) { return .fresh }
        #endif
        return verdict
    }
}

/// The outcome of verifying a request (RFC 10021 §7.2).
public enum GroupRequestOutcome: Sendable {
    /// Genuine and new: its Code, and what binds responses to it.
    case verified(Code, GroupRequestBinding)
    /// Its Partial IV was accepted from this sender before.
    case replay(SenderID)
    /// Not accepted.
    case rejected(VerificationFailure)
}
