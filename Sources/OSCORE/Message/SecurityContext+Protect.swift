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
    public func protectRequest(
        code: Code, body: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        let partialIV = try reservation.peek()
        let outline = try layOutRequest(code: code, body: body, partialIV: partialIV, room: output.freeCapacity)
        _ = try reservation.take()
        return try sealRequest(partialIV, outline, into: &output)
    }

    /// Protects a request with a Partial IV that the caller vouches for. Only for tests, vectors and `gosc message`.
    package func protectRequest(
        code: Code, body: Span<UInt8>, partialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        let outline = try layOutRequest(code: code, body: body, partialIV: partialIV, room: output.freeCapacity)
        return try sealRequest(partialIV, outline, into: &output)
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
    public func protectResponse(
        code: Code, body: Span<UInt8>, to binding: inout RequestBinding, usesOwnPartialIV: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let partialIV = usesOwnPartialIV ? try reservation.peek() : nil
        // OSC-0034, OSC-0042, OSC-0087: after the first response every one has a Partial IV of its own.
        guard usesOwnPartialIV || binding.isRequestNonceFree else { throw .requestNonceUsed }
        let outline = try layOutResponse(
            code: code, body: body, to: binding, partialIV: partialIV, room: output.freeCapacity)
        // OSC-0046: the client would drop it.
        guard !outline.hasObserve || binding.observe != nil else { throw .unsupportedOption }
        if usesOwnPartialIV {
            _ = try reservation.take()
            binding.noteOwnPartialIV()
        } else {
            try binding.takeRequestNonce()
        }
        return try sealResponse(partialIV, to: binding, outline, into: &output)
    }

    /// Protects a response with a Partial IV that the caller vouches for.
    ///
    /// - Parameter kidContext: Only in the first response of a context re-derivation.
    package func protectResponse(
        code: Code, body: Span<UInt8>, to binding: RequestBinding, partialIV: PartialIV?, kidContext: [UInt8]? = nil,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let outline = try layOutResponse(
            code: code, body: body, to: binding, partialIV: partialIV, kidContext: kidContext,
            room: output.freeCapacity)
        return try sealResponse(partialIV, to: binding, outline, into: &output)
    }

    private func layOutRequest(
        code: Code, body: Span<UInt8>, partialIV: PartialIV, room: Int
    ) throws(ProtectionError) -> OptionOutline {
        guard code.isRequest else { throw .unsupportedCode }
        let outline = try OptionOutline(body, isResponse: false)
        // OSC-0055: Partial IV and kid are in every request; the kid context wherever there is an ID Context.
        let option = OptionFields(partialIV: partialIV, kidContext: kidContext, kid: senderID)
        try outgoing.layOut(code: code, body: body, outline: outline, option: option, room: room)
        return outline
    }

    private func sealRequest(
        _ partialIV: PartialIV, _ outline: OptionOutline, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: RequestBinding) {
        try outgoing.seal(producer: own, partialIV, requester: own, partialIV, into: &output)
        let binding = RequestBinding(kid: senderID, partialIV: partialIV, observe: outline.observe)
        // OSC-0037: POST with Observe is not defined.
        return (outline.hasObserve ? .fetch : .post, binding)
    }

    private func layOutResponse(
        code: Code, body: Span<UInt8>, to binding: RequestBinding, partialIV: PartialIV?,
        kidContext: [UInt8]? = nil, room: Int
    ) throws(ProtectionError) -> OptionOutline {
        guard code.isResponse else { throw .unsupportedCode }
        let outline = try OptionOutline(body, isResponse: true)
        // OSC-0086: a Partial IV is included exactly if a new one was used. OSC-0057: no kid context in responses.
        let option = OptionFields(partialIV: partialIV, kidContext: kidContext)
        try outgoing.layOut(code: code, body: body, outline: outline, option: option, room: room)
        return outline
    }

    private func sealResponse(
        _ partialIV: PartialIV?, to binding: RequestBinding, _ outline: OptionOutline,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        // OSC-0060: without a Partial IV of its own a response has the nonce of the request.
        if let partialIV {
            try outgoing.seal(producer: own, partialIV, requester: peer, binding.partialIV, into: &output)
        } else {
            try outgoing.seal(producer: peer, binding.partialIV, requester: peer, binding.partialIV, into: &output)
        }
        return outline.hasObserve ? .content : .changed
    }
}
