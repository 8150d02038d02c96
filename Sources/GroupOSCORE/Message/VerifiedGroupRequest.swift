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
        self.message = message
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
        self.message = message
        self.sender = sender
        self.partialIV = partialIV
    }
}

/// The outcome of verifying a request, with the request.
public enum RequestVerdict: Sendable {
    /// Genuine and new.
    case verified(VerifiedRequest)
    /// Accepted from this sender before.
    case replay(SenderID)
    /// Not accepted.
    case rejected(VerificationFailure)
}

extension GroupContext {
    /// Verifies a request as ``verifyGroupRequest(_:into:)`` does and keeps it.
    public func verifyRequest(_ message: borrowing ProtectedMessage) -> RequestVerdict {
        var outcome = GroupRequestOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyGroupRequest(message, into: &output)
        }
        switch outcome {
        case .replay(let sender): return .replay(sender)
        case .rejected(let failure): return .rejected(failure)
        case .verified(let code, let binding):
            guard let message = try? Message(code: code, body: body.span) else { return .rejected(.malformed) }
            return .verified(VerifiedRequest(message: message, sender: binding.request.kid, binding: binding))
        }
    }

    /// Verifies a response as ``verifyGroupResponse(_:to:assumedResponder:into:)`` does and keeps it.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding
    ) -> Result<VerifiedResponse, VerificationFailure> {
        var outcome = GroupResponseOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyGroupResponse(message, to: binding, into: &output)
        }
        switch outcome {
        case .rejected(let failure): return .failure(failure)
        case .verified(let code, let sender, let partialIV):
            guard let message = try? Message(code: code, body: body.span) else { return .failure(.malformed) }
            return .success(VerifiedResponse(message: message, sender: sender, partialIV: partialIV))
        }
    }

    /// Protects a request in group mode as ``protectGroupRequest(code:body:into:)`` does.
    public func protectRequest(_ request: Message) throws(ProtectionError) -> (Message, GroupRequestBinding) {
        let plain = request.body
        var result: (outerCode: Code, binding: GroupRequestBinding)?
        let body = try [UInt8](capacity: plain.count + Self.maximumExpansion) { output throws(ProtectionError) in
            result = try protectGroupRequest(code: request.code, body: plain.span, into: &output)
        }
        guard let result, let message = try? Message(code: result.outerCode, body: body.span) else {
            throw .malformedMessage
        }
        return (message, result.binding)
    }

    /// Protects a response in group mode as ``protectGroupResponse(code:body:to:usesOwnPartialIV:into:)`` does.
    public func protectResponse(
        _ response: Message, to binding: inout GroupRequestBinding
    ) throws(ProtectionError) -> Message {
        let plain = response.body
        var outerCode: Code?
        let body = try [UInt8](capacity: plain.count + Self.maximumExpansion) { output throws(ProtectionError) in
            outerCode = try protectGroupResponse(code: response.code, body: plain.span, to: &binding, into: &output)
        }
        guard let outerCode, let message = try? Message(code: outerCode, body: body.span) else {
            throw .malformedMessage
        }
        return message
    }

    /// What a group message is longer than its plain form at most: option, tag and the longest countersignature.
    package static let maximumExpansion = SecurityContext.maximumExpansion + 132
}
