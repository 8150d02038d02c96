import Bytes
public import CoAP
import CryptoPrimitives

extension SecurityContext {
    // OSC-0081: RFC 8613 §8.2, step by step.
    /// Verifies a request and, if it is genuine and new, marks its Partial IV.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - output: Receives the body of the request; nothing unless verified. Needs room for the received body.
    public func verifyRequest(
        _ message: borrowing ProtectedMessage, into output: inout OutputSpan<UInt8>
    ) -> RequestOutcome {
        // OSC-0055, OSC-0079
        guard !message.option.isGroupMode else { return .rejected(.mode) }
        guard let partialIV = message.option.partialIV, let kid = message.option.kid else {
            return .rejected(.malformed)
        }
        // OSC-0080, OSC-0056
        guard recipientID.matches(kid), matchesIDContext(message.option) else { return .rejected(.noContext) }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        return state.verifyRequest(message, from: recipientID, partialIV: partialIV, into: &output)
    }

    private func matchesIDContext(_ option: borrowing OSCOREOption) -> Bool {
        guard let kidContext = option.kidContext else { return true }
        guard let idContext else { return false }
        return ConstantTime.equal(kidContext, idContext.span)
    }
}

extension MessageState {
    /// Checks the window, decrypts, and marks the window.
    fileprivate mutating func verifyRequest(
        _ message: borrowing ProtectedMessage, from recipientID: SenderID, partialIV: PartialIV,
        into output: inout OutputSpan<UInt8>
    ) -> RequestOutcome {
        switch replayWindow.check(partialIV) {
        case .fresh: break
        case .replay: return .replay
        case .invalid: return .rejected(.invalidWindow)
        }
        let binding = RequestBinding(kid: recipientID, partialIV: partialIV)
        let start = output.count
        do throws(VerificationFailure) {
            let code = try open(
                message, producer: recipientID, partialIV: partialIV, binding: binding, into: &output)
            guard code.isRequest else { throw VerificationFailure.malformed }
            // OSC-0073: only now, and checked again.
            guard replayWindow.mark(partialIV) == .fresh else {
                output.removeLast(output.count - start)
                return .replay
            }
            return .verified(code, binding)
        } catch {
            output.removeLast(output.count - start)
            return .rejected(error)
        }
    }
}

/// The outcome of verifying a request (RFC 8613 §8.2).
public enum RequestOutcome: Sendable {
    /// Genuine and new: its Code, and what binds responses to it.
    case verified(Code, RequestBinding)
    // OSC-0071
    /// Genuine or not, its Partial IV was accepted before.
    case replay
    /// Not accepted.
    case rejected(VerificationFailure)
}
