import Bytes
import COSE
public import CoAP
import CryptoPrimitives
public import OSCORE

extension GroupContext {
    // GOSC-0190: RFC 10021 §7.1, step by step.
    /// Protects a request in group mode with the next Partial IV.
    ///
    /// - Parameters:
    ///   - code: The Code of the request.
    ///   - body: Its options and payload.
    ///   - output: Receives the protected body. Unchanged on error.
    /// - Returns: The outer Code and what binds the responses.
    /// - Throws: ``OSCORE/ProtectionError/modeUnavailable`` if the group has no group mode;
    ///   ``OSCORE/ProtectionError/unsupportedCode`` unless `code` is that of a request;
    ///   ``OSCORE/ProtectionError/malformedMessage`` for options or a payload that are not well-formed;
    ///   ``OSCORE/ProtectionError/unsupportedOption`` for an OSCORE option, or a Proxy-Uri that
    ///   ``OSCORE/ProxyURI/split(_:)`` did not split; ``OSCORE/ProtectionError/noSenderContext`` in a silent server,
    ///   after a loss of state, and once a newer context took over;
    ///   ``OSCORE/ProtectionError/sequenceNumberNotReserved`` or ``OSCORE/ProtectionError/sequenceNumbersExhausted``
    ///   without a Partial IV to take; ``OSCORE/ProtectionError/tooLong`` for more than the algorithm or `output` has
    ///   room for; ``OSCORE/ProtectionError/cryptography`` if the library fails.
    public func protectGroupRequest(
        code: Code, body: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        guard algorithms.hasGroupMode else { throw .modeUnavailable }
        let outline = try outlineOfRequest(code: code, body: body)
        return try protectGroupRequest(
            code: code, body: body, outline: outline, partialIV: usableSender().reservation.take(), into: &output)
    }

    /// Protects a request with a Partial IV that the caller vouches for. Only for tests, vectors and `gosc message`.
    package func protectGroupRequest(
        code: Code, body: Span<UInt8>, partialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let outline = try outlineOfRequest(code: code, body: body)
        return try protectGroupRequest(code: code, body: body, outline: outline, partialIV: partialIV, into: &output)
    }

    private func protectGroupRequest(
        code: Code, body: Span<UInt8>, outline: OptionOutline, partialIV: PartialIV,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let sender = try usableSender()
        let binding = GroupRequestBinding(
            request: RequestBinding(kid: sender.senderID, partialIV: partialIV, observe: outline.observe),
            groupID: groupID, isGroupMode: true,
            keyGeneration: keyGeneration)
        prepareRequestOption(isGroupMode: true, partialIV: partialIV, tail: sender.requestTail)
        try seal(
            code: code, body: body, outline: outline, sender: sender, producer: sender.senderID, partialIV: partialIV,
            binding: binding, isRequest: true, into: &output)
        return (outline.hasObserve ? .fetch : .post, binding)
    }

    // GOSC-0213, GOSC-0217: RFC 10021 §7.3, step by step.
    /// Protects a response in group mode, to a request of either mode.
    ///
    /// The first response to a request that this context verified may use the request's nonce; every other one takes a
    /// Partial IV of its own, and one to a request under an earlier Gid carries the new Gid.
    ///
    /// - Parameters:
    ///   - code: The Code of the response.
    ///   - body: Its options and payload.
    ///   - binding: The request's.
    ///   - usesOwnPartialIV: Asks for a Partial IV where none is needed.
    ///   - output: Receives the protected body. Unchanged on error.
    /// - Returns: The outer Code.
    /// - Throws: ``OSCORE/ProtectionError/unsupportedCode`` unless `code` is that of a response;
    ///   ``OSCORE/ProtectionError/unsupportedOption`` also for an Observe option where the request had none; what
    ///   ``protectGroupRequest(code:body:into:)`` throws for the rest, about Partial IVs only if the response takes
    ///   one.
    public func protectGroupResponse(
        code: Code, body: Span<UInt8>, to binding: inout GroupRequestBinding, usesOwnPartialIV: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        guard algorithms.hasGroupMode else { throw .modeUnavailable }
        let outline = try outlineOfResponse(
            code: code, body: body, isObserved: binding.request.observe != nil)
        let fields = try takeResponseFields(for: &binding, usesOwnPartialIV: usesOwnPartialIV)
        return try protectGroupResponse(
            code: code, body: body, outline: outline, to: binding, fields: fields, into: &output)
    }

    /// Protects a response with fields that the caller vouches for.
    package func protectGroupResponse(
        code: Code, body: Span<UInt8>, to binding: GroupRequestBinding, fields: GroupResponseFields,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let outline = try outlineOfResponse(
            code: code, body: body, isObserved: binding.request.observe != nil)
        return try protectGroupResponse(
            code: code, body: body, outline: outline, to: binding, fields: fields, into: &output)
    }

    private func protectGroupResponse(
        code: Code, body: Span<UInt8>, outline: OptionOutline, to binding: GroupRequestBinding,
        fields: GroupResponseFields, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let sender = try usableSender()
        prepareResponseOption(isGroupMode: true, fields: fields, kid: sender.senderID)
        try seal(
            code: code, body: body, outline: outline, sender: sender,
            producer: fields.partialIV == nil ? binding.request.kid : sender.senderID,
            partialIV: fields.partialIV ?? binding.request.partialIV, binding: binding, isRequest: false, into: &output)
        return outline.hasObserve ? .content : .changed
    }

    private func seal(
        code: Code, body: Span<UInt8>, outline: OptionOutline, sender: SenderContext, producer: SenderID,
        partialIV: PartialIV, binding: GroupRequestBinding, isRequest: Bool, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        guard let nonceLength = sender.groupCipher?.nonceLength else { throw .modeUnavailable }
        try prepareSeal(
            code: code, body: body, outline: outline, sender: sender, producer: producer, partialIV: partialIV,
            nonceLength: nonceLength, binding: binding)
        buffers.externalAAD.fillExternalAAD(outOf: buffers.structure)
        try sealCountersigned(
            sender: sender, producer: producer, partialIV: partialIV, isRequest: isRequest, into: &output)
    }

    /// Encrypts what `buffers` hold, countersigns, hides the countersignature; appends outer options, 0xff, ciphertext,
    /// countersignature.
    func sealCountersigned(
        sender: SenderContext, producer: SenderID, partialIV: PartialIV, isRequest: Bool,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        guard let signatureLength = algorithms.signature?.signatureLength,
            let tagLength = sender.groupCipher?.tagLength
        else { throw .modeUnavailable }
        let ciphertextCount = buffers.plaintext.count + tagLength
        guard buffers.outer.count + 1 + ciphertextCount + signatureLength <= output.freeCapacity else { throw .tooLong }
        do {
            try buffers.ciphertext.fill(ciphertextCount) { ciphertext throws(CryptoError) in
                try sender.groupCipher?.seal(
                    buffers.plaintext, nonce: buffers.nonce, aad: buffers.structure, into: &ciphertext)
            }
            // GOSC-0191: the countersignature covers the ciphertext, and only its hidden form leaves.
            buffers.structure.fillCountersignStructure(
                group: common, externalAAD: buffers.externalAAD, ciphertext: buffers.ciphertext)
            try buffers.signature.fillSignature(over: buffers.structure, by: sender.privateKey, count: signatureLength)
            try buffers.prepareKeystream(
                groupID: groupID, key: common.signatureEncryptionKey, deriver: &deriver, producer: producer,
                partialIV: partialIV, isRequest: isRequest, count: signatureLength)
        } catch {
            throw error == .invalidLength ? .tooLong : .cryptography
        }
        buffers.outer.append(to: &output)
        output.append(0xff)
        buffers.ciphertext.append(to: &output)
        buffers.signature.appendCombined(with: buffers.keystream, to: &output)
    }
}
