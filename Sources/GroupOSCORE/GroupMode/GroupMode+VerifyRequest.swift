import Bytes
import CoAP
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
        let request: AdmittedRequest
        do throws(RequestRefusal) {
            request = try admitRequest(message)
        } catch {
            return error.outcome
        }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        return unsafe request.recipient.use { recipient in
            let binding = binding(of: request, from: recipient.recipientID, isGroupMode: true)
            // GOSC-0200, GOSC-0203, GOSC-0208: keystream, signature, and only then decryption.
            // GOSC-0206: whatever fails here leaves the window as it was.
            if let failure = openCountersigned(
                message, from: recipient, producer: recipient.recipientID, partialIV: request.partialIV,
                binding: binding, isRequest: true)
            {
                return .rejected(failure)
            }
            let start = output.count
            guard let joined = appendJoined(message, to: &output) else { return .rejected(.malformed) }
            return finish(request, from: recipient, message, joined, appendedFrom: start, in: &output)
        }
    }
}
