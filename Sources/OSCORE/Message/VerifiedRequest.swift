import Bytes
public import CoAP

/// A request that this module has verified. Nothing else can make one: handlers that take it cannot be reached without
/// verification.
public struct VerifiedRequest: Sendable {
    /// The request as its sender wrote it. Class U options (Uri-Host, Uri-Port, Proxy-Scheme, Hop-Limit) come from the
    /// outer message: they are not authenticated.
    public let message: Message
    /// Who sent it.
    public let sender: SenderID
    /// What binds responses to it.
    public var binding: RequestBinding

    init(message: Message, sender: SenderID, binding: RequestBinding) {
        self.message = message.withoutPadding
        self.sender = sender
        self.binding = binding
    }
}

/// The outcome of verifying a request, with the request.
public enum RequestVerdict: Sendable {
    /// Genuine and new.
    case verified(VerifiedRequest)
    /// Accepted before.
    case replay
    /// Genuine, but only an answered challenge shows that it is new: send ``EchoChallenge/response``, or ask
    /// ``EchoChallenge/isAnswered(by:at:)`` and then ``SecurityContext/accept(_:)``.
    case unproven(UnprovenRequest)
    /// Not accepted.
    case rejected(VerificationFailure)
}

extension SecurityContext {
    /// Verifies a request as ``verifyRequest(_:into:)`` does and keeps it.
    public func verifyRequest(_ message: borrowing ProtectedMessage) -> RequestVerdict {
        var outcome = RequestOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyRequest(message, into: &output)
        }
        switch outcome {
        case .replay: return .replay
        case .unproven(let request): return .unproven(request)
        case .rejected(let failure): return .rejected(failure)
        case .verified(let code, let binding):
            guard let message = try? Message(code: code, body: body.span) else { return .rejected(.malformed) }
            return .verified(VerifiedRequest(message: message, sender: recipientID, binding: binding))
        }
    }

    /// Verifies the one response to a request that does not observe; the failure if it is not accepted.
    public func verifyResponse(
        _ message: borrowing ProtectedMessage, to binding: RequestBinding
    ) -> Result<Message, VerificationFailure> {
        var outcome = ResponseOutcome.rejected(.malformed)
        let body = [UInt8](capacity: message.body.count) { output in
            outcome = verifyResponse(message, to: binding, into: &output)
        }
        switch outcome {
        case .rejected(let failure): return .failure(failure)
        case .notification: return .failure(.unexpectedNotification)
        case .verified(let code, _):
            guard let message = try? Message(code: code, body: body.span) else { return .failure(.malformed) }
            return .success(message)
        }
    }

    /// Protects a request as ``protectRequest(code:body:into:)`` does; splits a Proxy-Uri before.
    ///
    /// - Throws: What ``protectRequest(code:body:into:)`` throws, and ``ProtectionError/malformedMessage`` for a
    ///   Proxy-Uri that ``ProxyURI/split(_:)`` refuses.
    public func protectRequest(_ request: Message) throws(ProtectionError) -> (Message, RequestBinding) {
        let (protected, binding) = try protectedRequest(request)
        return (try protected.message(), binding)
    }

    /// The same, as it is sent.
    package func protectedRequest(_ request: Message) throws(ProtectionError) -> (EncodedMessage, RequestBinding) {
        let plain = try ProxyURI.split(request).body
        var result: (outerCode: Code, binding: RequestBinding)?
        let body = try [UInt8](capacity: plain.count + Self.maximumExpansion) { output throws(ProtectionError) in
            result = try protectRequest(code: request.code, body: plain.span, into: &output)
        }
        guard let result else { throw .malformedMessage }
        return (EncodedMessage(code: result.outerCode, body: body), result.binding)
    }

    /// Protects a response as ``protectResponse(code:body:to:usesOwnPartialIV:into:)`` does.
    ///
    /// - Throws: What ``protectResponse(code:body:to:usesOwnPartialIV:into:)`` throws.
    public func protectResponse(
        _ response: Message, to binding: inout RequestBinding, usesOwnPartialIV: Bool = false
    ) throws(ProtectionError) -> Message {
        try protectedResponse(response, to: &binding, usesOwnPartialIV: usesOwnPartialIV).message()
    }

    /// The same, as it is sent.
    package func protectedResponse(
        _ response: Message, to binding: inout RequestBinding, usesOwnPartialIV: Bool = false
    ) throws(ProtectionError) -> EncodedMessage {
        let plain = response.body
        var outerCode: Code?
        let body = try [UInt8](capacity: plain.count + Self.maximumExpansion) { output throws(ProtectionError) in
            outerCode = try protectResponse(
                code: response.code, body: plain.span, to: &binding, usesOwnPartialIV: usesOwnPartialIV, into: &output)
        }
        guard let outerCode else { throw .malformedMessage }
        return EncodedMessage(code: outerCode, body: body)
    }

    /// Option head and value, payload marker, Code and the longest tag.
    package static let maximumExpansion = 4 + OSCOREOption.maximumCount + 1 + 1 + 16
}

extension EncodedMessage {
    /// The same, with options that can be read.
    package func message() throws(ProtectionError) -> Message {
        guard let message = try? Message(code: code, body: body.span) else { throw .malformedMessage }
        return message
    }
}
