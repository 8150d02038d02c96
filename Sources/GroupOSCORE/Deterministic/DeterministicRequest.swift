import Bytes
public import CoAP
public import OSCORE

/// A deterministic request that this module has verified.
///
/// Some member of the group made it; no member is authenticated, and it may be a replay. So it has no sender, and nothing
/// turns it into a ``VerifiedRequest``: a handler that needs to know whom it serves cannot be called with it. Answer it
/// with the least that any member may know.
public struct DeterministicRequest: Sendable {
    /// The request, always GET or FETCH. Class U options (Uri-Host, Uri-Port, Proxy-Scheme, Hop-Limit) come from the
    /// outer message.
    public let message: Message
    /// What binds responses to it.
    public let binding: DeterministicRequestBinding

    init(message: Message, binding: DeterministicRequestBinding) {
        self.message = message.withoutPadding
        self.binding = binding
    }
}

/// The outcome of verifying a deterministic request, with the request.
public enum DeterministicRequestVerdict: Sendable {
    /// Made by some member.
    case verified(DeterministicRequest)
    /// Made by some member, but it would change something: to be discarded, and answered with a protected 4.01.
    case unsafeDeterministic(DeterministicRequestBinding)
    /// Not accepted.
    case rejected(VerificationFailure)
}

extension GroupContext {
    /// Verifies a deterministic request as ``verifyDeterministicRequest(_:into:)`` does and keeps it.
    public func verifyDeterministicRequest(_ message: borrowing ProtectedMessage) -> DeterministicRequestVerdict {
        var outcome = DeterministicRequestOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyDeterministicRequest(message, into: &output)
        }
        switch outcome {
        case .rejected(let failure): return .rejected(failure)
        case .unsafeDeterministic(let binding): return .unsafeDeterministic(binding)
        case .verified(let code, let binding):
            guard let message = try? Message(code: code, body: body.span) else { return .rejected(.malformed) }
            return .verified(DeterministicRequest(message: message, binding: binding))
        }
    }

    /// Verifies a response as ``verifyDeterministicResponse(_:to:into:)`` does and keeps it.
    public func verifyDeterministicResponse(
        _ message: borrowing ProtectedMessage, to binding: DeterministicRequestBinding
    ) -> Result<VerifiedResponse, VerificationFailure> {
        var outcome = GroupResponseOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count + RequestHashOption.maximumLength) { output in
            outcome = verifyDeterministicResponse(message, to: binding, into: &output)
        }
        switch outcome {
        case .rejected(let failure): return .failure(failure)
        case .verified(let code, let sender, let partialIV):
            guard let message = try? Message(code: code, body: body.span) else { return .failure(.malformed) }
            return .success(VerifiedResponse(message: message, sender: sender, partialIV: partialIV))
        }
    }

    /// Protects a request as ``protectDeterministicRequest(code:body:to:isObservation:into:)`` does.
    ///
    /// - Throws: What ``protectDeterministicRequest(code:body:to:isObservation:into:)`` throws.
    public func protectDeterministicRequest(
        _ request: Message, to responder: SenderID?, isObservation: Bool = false
    ) throws(ProtectionError) -> (Message, DeterministicRequestBinding) {
        let plain = request.body
        return try collect(plain.count + DeterministicOuterOptions.maximumExtra) { output throws(ProtectionError) in
            let result = try protectDeterministicRequest(
                code: request.code, body: plain.span, to: responder, isObservation: isObservation, into: &output)
            return (result.outerCode, result.binding)
        }
    }

    /// Protects a response as ``protectDeterministicResponse(code:body:to:into:)`` does.
    ///
    /// - Throws: What ``protectDeterministicResponse(code:body:to:into:)`` throws.
    public func protectDeterministicResponse(
        _ response: Message, to binding: DeterministicRequestBinding
    ) throws(ProtectionError) -> Message {
        let plain = response.body
        return try collect(plain.count + DeterministicOuterOptions.maximumExtra) { output throws(ProtectionError) in
            let code = try protectDeterministicResponse(
                code: response.code, body: plain.span, to: binding, into: &output)
            return (code, ())
        }.0
    }
}
