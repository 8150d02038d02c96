import Bytes
import CoAP
import OSCORE

/// A request whose sender is known and whose Partial IV was not seen before. Nothing about it is verified yet.
struct AdmittedRequest {
    let recipient: Uncounted<RecipientContext>
    let partialIV: PartialIV
    /// Whether its Partial IV could be checked; if not, it must prove in another way that it is new.
    let isWindowValid: Bool
}

/// Why a request is not worth any cryptography.
enum RequestRefusal: Error {
    case replay(SenderID)
    case rejected(VerificationFailure)

    var outcome: GroupRequestOutcome {
        switch self {
        case .replay(let senderID): .replay(senderID)
        case .rejected(let failure): .rejected(failure)
        }
    }
}

extension GroupContext {
    /// Finds the sender of a request and asks its window, which costs nothing (RFC 10021 §7.2, §8.4).
    @inline(__always)
    func admitRequest(_ message: borrowing ProtectedMessage) throws(RequestRefusal) -> AdmittedRequest {
        // GOSC-0086, GOSC-0087
        guard !isStateLost else { throw .rejected(.stateLost) }
        guard let partialIV = message.option.partialIV, let kid = message.option.kid,
            let kidContext = message.option.kidContext
        else { throw .rejected(.malformed) }
        guard groupID.matches(kidContext) else { throw .rejected(.noContext) }
        // GOSC-0147: a kid that is too long belongs to nobody.
        guard let senderID = SenderID(kid) else { throw .rejected(.unknownSender) }
        // GOSC-0210: nobody acts on what it said itself.
        guard senderID != self.senderID else { throw .rejected(.ownMessage) }
        // Nobody speaks for the Deterministic Client but in deterministic requests: there is no credential to fetch.
        guard !isDeterministicClient(senderID) else { throw .rejected(.mode) }
        // GOSC-0199, GOSC-0201: a member that is not known is fetched by the caller, who then tries again.
        guard let recipient = recipients.find(senderID) else { throw .rejected(.unknownSender) }
        let verdict = unsafe recipient.use { check(partialIV, of: $0) }
        guard verdict != .replay else { throw .replay(senderID) }
        // GOSC-0091: with an invalid window Echo is the way out; who cannot challenge discards.
        guard verdict == .fresh || !isSilentServer else { throw .rejected(.invalidWindow) }
        return AdmittedRequest(recipient: recipient, partialIV: partialIV, isWindowValid: verdict == .fresh)
    }

    /// What binds responses to an admitted request.
    ///
    /// - Parameter observe: What it wants with its Observe option; shows when it is decrypted.
    @inline(__always)
    func binding(
        of request: AdmittedRequest, from sender: SenderID, isGroupMode: Bool, observe: ObserveRequest? = nil
    ) -> GroupRequestBinding {
        GroupRequestBinding(
            request: RequestBinding(
                kid: sender, partialIV: request.partialIV,
                allowsRequestNonce: request.isWindowValid, observe: observe),
            groupID: groupID, isGroupMode: isGroupMode, keyGeneration: keyGeneration, responderID: senderID)
    }

    /// Joins the plaintext of a group-mode message with the outer options; `nil` if that makes no message.
    @inline(__always)
    func appendJoined(
        _ message: borrowing ProtectedMessage, to output: inout OutputSpan<UInt8>
    ) -> JoinedMessage? {
        let start = output.count
        let joined = buffers.plaintext.appendJoined(
            outer: message.body, hasOuter: message.hasUnprotectedOptions, to: &output)
        if joined == nil { output.wipe(from: start) }
        return joined
    }

    /// Marks the Partial IV of a request that was decrypted: the last steps of both modes.
    ///
    /// - Parameter start: Where its body begins, which is taken back if the request is not accepted.
    @inline(__always)
    func finish(
        _ request: AdmittedRequest, from recipient: RecipientContext, _ message: borrowing ProtectedMessage,
        _ joined: JoinedMessage, appendedFrom start: Int, in output: inout OutputSpan<UInt8>
    ) -> GroupRequestOutcome {
        guard joined.code.isRequest else {
            output.wipe(from: start)
            return .rejected(.malformed)
        }
        recipient.isProvisional = false
        guard request.isWindowValid else {
            return unproven(request, from: recipient, message, joined, appendedFrom: start, in: &output)
        }
        // GOSC-0167: checked again and marked in one step.
        guard mark(request.partialIV, of: recipient) == .fresh else {
            output.wipe(from: start)
            return .replay(recipient.recipientID)
        }
        return .verified(
            joined.code,
            binding(
                of: request, from: recipient.recipientID, isGroupMode: message.option.isGroupMode,
                observe: joined.observe))
    }

    // GOSC-0090
    /// Keeps a request that is genuine, but perhaps a replay; its body stays here.
    @inline(never)
    private func unproven(
        _ request: AdmittedRequest, from recipient: RecipientContext, _ message: borrowing ProtectedMessage,
        _ joined: JoinedMessage, appendedFrom start: Int, in output: inout OutputSpan<UInt8>
    ) -> GroupRequestOutcome {
        let unproven = UnprovenRequest(
            code: joined.code, body: output.span.extracting(droppingFirst: start),
            binding: binding(
                of: request, from: recipient.recipientID, isGroupMode: message.option.isGroupMode,
                observe: joined.observe),
            token: recipient.token)
        output.wipe(from: start)
        return unproven.map { .unproven($0) } ?? .rejected(.malformed)
    }

    @inline(__always)
    private func check(_ partialIV: PartialIV, of recipient: RecipientContext) -> ReplayWindow.Verdict {
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.replay) { return .fresh }
        #endif
        return recipient.replayWindow.check(partialIV)
    }

    @inline(__always)
    private func mark(_ partialIV: PartialIV, of recipient: RecipientContext) -> ReplayWindow.Verdict {
        let verdict = recipient.replayWindow.mark(partialIV)
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.replay) { return .fresh }
        #endif
        return verdict
    }
}
