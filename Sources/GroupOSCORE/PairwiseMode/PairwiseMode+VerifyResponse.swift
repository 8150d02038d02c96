import Bytes
import CoAP
public import OSCORE

extension GroupContext {
    // GOSC-0260: RFC 10021 §8.6, step by step.
    /// Verifies a pairwise-mode response to a request of this member.
    ///
    /// The caller found `binding` by the Token and keeps the Response Numbers of the exchange.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - binding: What the request was bound with.
    ///   - assumedResponder: Whom a pairwise request was meant for, if not the one in `binding`; used where the response
    ///     has no kid.
    ///   - output: Receives the body of the response; nothing unless verified. Needs room for the received body, some of
    ///     which is written and wiped again if the response is not verified.
    @inline(__always)
    public func verifyPairwiseResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding, assumedResponder: SenderID? = nil,
        into output: inout OutputSpan<UInt8>
    ) -> GroupResponseOutcome {
        guard !message.option.isGroupMode, common.hasPairwiseMode, !isSilentServer else {
            return .rejected(.mode)
        }
        let assumedResponder = assumedResponder ?? binding.intendedResponder
        let responder: Uncounted<RecipientContext>
        switch self.responder(of: message, to: binding, assumedResponder: assumedResponder) {
        case .success(let found): responder = found
        case .failure(let failure): return .rejected(failure)
        }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let partialIV = message.option.partialIV
        return unsafe responder.use { recipient in
            let start = output.count
            let joined: JoinedMessage
            do throws(VerificationFailure) {
                joined = try openPairwiseResponse(
                    message, from: recipient, producer: partialIV == nil ? binding.request.kid : recipient.recipientID,
                    partialIV: partialIV ?? binding.request.partialIV, request: binding.request,
                    groupID: binding.groupID, into: &output)
            } catch {
                return .rejected(error)
            }
            return finishResponse(
                message, from: recipient, to: binding, assumedResponder: assumedResponder, joined,
                appendedFrom: start, in: &output)
        }
    }
}
