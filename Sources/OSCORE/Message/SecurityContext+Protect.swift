import Bytes
public import CoAP

extension SecurityContext {
    // OSC-0077: RFC 8613 §8.1, step by step.
    /// Protects a request with the next Partial IV.
    ///
    /// - Parameters:
    ///   - code: The Code of the request.
    ///   - body: Its options and payload.
    ///   - output: Receives the protected body: outer options, 0xff, ciphertext. Unchanged on error.
    /// - Returns: The outer Code and what binds the response.
    /// - Throws: ``ProtectionError/unsupportedCode`` unless `code` is that of a request;
    ///   ``ProtectionError/malformedMessage`` for options or a payload that are not well-formed;
    ///   ``ProtectionError/unsupportedOption`` for an OSCORE option, or a Proxy-Uri that ``ProxyURI/split(_:)`` did not
    ///   split; ``ProtectionError/sequenceNumberNotReserved`` or ``ProtectionError/sequenceNumbersExhausted`` without a
    ///   Partial IV to take; ``ProtectionError/tooLong`` for more than the AEAD Algorithm or `output` has room for;
    ///   ``ProtectionError/cryptography`` if the library fails.
    public func protectRequest(
        code: Code, body: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        try protectRequest(code: code, body: body, chosen: nil, into: &output)
    }

    /// Protects a request with a Partial IV that the caller vouches for. Only for tests, vectors and `gosc message`.
    package func protectRequest(
        code: Code, body: Span<UInt8>, partialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        try protectRequest(code: code, body: body, chosen: partialIV, into: &output)
    }

    private func protectRequest(
        code: Code, body: Span<UInt8>, chosen: PartialIV?, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        guard code.isRequest else { throw .unsupportedCode }
        let outline = try OptionOutline(body, isResponse: false)
        let partialIV = try unsafe sender.protectRequest(
            code: code, body: body, outline: outline, chosen: chosen, into: &output)
        // OSC-0039
        let binding = RequestBinding(kid: senderID, partialIV: partialIV, observe: outline.observe)
        // OSC-0037: POST with Observe is not defined.
        return (outline.hasObserve ? .fetch : .post, binding)
    }

    // RFC 8613 §8.3
    /// Protects a response.
    ///
    /// - Parameters:
    ///   - code: The Code of the response.
    ///   - body: Its options and payload.
    ///   - binding: The request's; its nonce is given away unless `usesOwnPartialIV`.
    ///   - usesOwnPartialIV: Needed for every response but the first, and for notifications.
    ///   - output: Receives the protected body. Unchanged on error.
    /// - Returns: The outer Code.
    /// - Throws: ``ProtectionError/requestNonceUsed`` if the nonce of the request was given away, unless
    ///   `usesOwnPartialIV`; ``ProtectionError/unsupportedCode`` unless `code` is that of a response;
    ///   ``ProtectionError/wrongContext`` for a request of somebody else than the peer;
    ///   ``ProtectionError/unsupportedOption`` also for an Observe option where the request had none; what
    ///   ``protectRequest(code:body:into:)`` throws for the rest, about Partial IVs only if `usesOwnPartialIV`.
    public func protectResponse(
        code: Code, body: Span<UInt8>, to binding: inout RequestBinding, usesOwnPartialIV: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        // OSC-0034, OSC-0042, OSC-0087: after the first response every one has a Partial IV of its own.
        // The binding may have been copied; the Recipient Context has not.
        let isNonceFree = unsafe recipient.answered.check(binding.partialIV) == .fresh
        guard usesOwnPartialIV || binding.isRequestNonceFree && isNonceFree else { throw .requestNonceUsed }
        let outline = try outlineOfResponse(code: code, body: body, to: binding)
        // OSC-0046: the client would drop it.
        guard !outline.hasObserve || binding.observe != nil else { throw .unsupportedOption }
        let partialIV = usesOwnPartialIV ? try unsafe sender.reservation.peek() : nil
        try unsafe sender.protectResponse(
            code: code, body: body, outline: outline, ownPartialIV: partialIV, takes: usesOwnPartialIV,
            to: binding.partialIV, into: &output)
        if usesOwnPartialIV {
            binding.noteOwnPartialIV()
        } else {
            _ = unsafe recipient.answered.mark(binding.partialIV)
            try binding.takeRequestNonce()
        }
        return outline.hasObserve ? .content : .changed
    }

    /// Protects a response with a Partial IV that the caller vouches for.
    ///
    /// - Parameter kidContext: Only in the first response of a context re-derivation.
    package func protectResponse(
        code: Code, body: Span<UInt8>, to binding: RequestBinding, partialIV: PartialIV?, kidContext: [UInt8]? = nil,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let outline = try outlineOfResponse(code: code, body: body, to: binding)
        try unsafe sender.protectResponse(
            code: code, body: body, outline: outline, ownPartialIV: partialIV, takes: false, kidContext: kidContext,
            to: binding.partialIV, into: &output)
        return outline.hasObserve ? .content : .changed
    }

    @inline(__always)
    private func outlineOfResponse(
        code: Code, body: Span<UInt8>, to binding: RequestBinding
    ) throws(ProtectionError) -> OptionOutline {
        guard code.isResponse else { throw .unsupportedCode }
        guard binding.kid == recipientID else { throw .wrongContext }
        return try OptionOutline(body, isResponse: true)
    }
}
