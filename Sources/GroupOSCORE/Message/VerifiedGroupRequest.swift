import Bytes
public import CoAP
public import OSCORE

/// A request that this module has verified. Nothing else can make one: handlers that take it cannot be reached without
/// verification.
public struct VerifiedRequest: Sendable {
    /// The request as its sender wrote it. Class U options (Uri-Host, Uri-Port, Proxy-Scheme, Hop-Limit) come from the
    /// outer message: no signature covers them.
    public let message: Message
    /// The member that signed it.
    public let sender: SenderID
    /// What binds responses to it.
    public var binding: GroupRequestBinding

    init(message: Message, sender: SenderID, binding: GroupRequestBinding) {
        self.message = message.withoutPadding
        self.sender = sender
        self.binding = binding
    }
}

/// A response that this module has verified.
public struct VerifiedResponse: Sendable {
    /// The response as its sender wrote it.
    public let message: Message
    /// The member that signed it.
    public let sender: SenderID
    /// Its Partial IV, if it carries one.
    public let partialIV: PartialIV?

    init(message: Message, sender: SenderID, partialIV: PartialIV?) {
        self.message = message.withoutPadding
        self.sender = sender
        self.partialIV = partialIV
    }
}

/// The outcome of verifying a request, with the request.
public enum RequestVerdict: Sendable {
    /// Genuine and new.
    case verified(VerifiedRequest)
    /// Genuine, but the window of its sender is invalid, so that it may be a replay.
    case unproven(UnprovenRequest)
    /// Accepted from this sender before.
    case replay(SenderID)
    /// Not accepted.
    case rejected(VerificationFailure)
}

extension GroupContext {
    /// Verifies a request of either mode as ``verifyRequest(_:into:)`` does and keeps it.
    public func verifyRequest(_ message: borrowing ProtectedMessage) -> RequestVerdict {
        var outcome = GroupRequestOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyRequest(message, into: &output)
        }
        switch outcome {
        case .unproven(let request): return .unproven(request)
        case .replay(let sender): return .replay(sender)
        case .rejected(let failure): return .rejected(failure)
        case .verified(let code, let binding):
            guard let message = try? Message(code: code, body: body.span) else { return .rejected(.malformed) }
            return .verified(VerifiedRequest(message: message, sender: binding.request.kid, binding: binding))
        }
    }

    /// Verifies a response of either mode as ``verifyResponse(_:to:into:)`` does and keeps it.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding
    ) -> Result<VerifiedResponse, VerificationFailure> {
        var outcome = GroupResponseOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyResponse(message, to: binding, into: &output)
        }
        switch outcome {
        case .rejected(let failure): return .failure(failure)
        case .verified(let code, let sender, let partialIV):
            guard let message = try? Message(code: code, body: body.span) else { return .failure(.malformed) }
            return .success(VerifiedResponse(message: message, sender: sender, partialIV: partialIV))
        }
    }

    /// What a group message is longer than its plain form at most: option, tag and the longest countersignature.
    package static let maximumExpansion = SecurityContext.maximumExpansion + 132
}
