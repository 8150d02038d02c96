import Bytes
public import CoAP
import CryptoPrimitives
public import OSCORE

extension GroupContext {
    // GOSC-0252: RFC 10021 §8.3, step by step.
    /// Protects a request in pairwise mode with the next Partial IV.
    ///
    /// - Parameters:
    ///   - code: The Code of the request.
    ///   - body: Its options and payload.
    ///   - recipientID: The one member it is meant for; must be known.
    ///   - output: Receives the protected body. Unchanged on error.
    /// - Returns: The outer Code and what binds the response.
    /// - Throws: ``OSCORE/ProtectionError/modeUnavailable`` if the group has no pairwise mode or no key can be shared;
    ///   ``OSCORE/ProtectionError/unknownRecipient`` if the member is not known; what
    ///   ``protectGroupRequest(code:body:into:)`` throws for the rest.
    public func protectPairwiseRequest(
        code: Code, body: Span<UInt8>, to recipientID: SenderID, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let sender = try pairwiseSender()
        let recipient = try pairwiseRecipient(recipientID)
        let outline = try outlineOfRequest(code: code, body: body)
        return try protectPairwiseRequest(
            code: code, body: body, outline: outline, sender: sender, recipient: recipient,
            partialIV: unsafe sender.use { sender throws(ProtectionError) in try sender.reservation.take() },
            into: &output)
    }

    /// Protects a request with a Partial IV that the caller vouches for. Only for tests, vectors and `gosc message`.
    package func protectPairwiseRequest(
        code: Code, body: Span<UInt8>, to recipientID: SenderID, partialIV: PartialIV,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let sender = try pairwiseSender()
        let recipient = try pairwiseRecipient(recipientID)
        let outline = try outlineOfRequest(code: code, body: body)
        return try protectPairwiseRequest(
            code: code, body: body, outline: outline, sender: sender, recipient: recipient, partialIV: partialIV,
            into: &output)
    }

    @inline(__always)
    private func protectPairwiseRequest(
        code: Code, body: Span<UInt8>, outline: OptionOutline, sender: Uncounted<SenderContext>,
        recipient: Uncounted<RecipientContext>, partialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let request = RequestBinding(
            kid: unsafe sender.use { $0.senderID }, partialIV: partialIV, observe: outline.observe)
        try unsafe sender.use { sender throws(ProtectionError) in
            prepareRequestOption(isGroupMode: false, partialIV: partialIV, tail: sender.requestTail)
            try unsafe recipient.use { recipient throws(ProtectionError) in
                try seal(
                    code: code, body: body, outline: outline, sender: sender, recipient: recipient,
                    producer: sender.senderID, partialIV: partialIV, request: request, groupID: groupID, into: &output)
            }
        }
        let binding = GroupRequestBinding(
            request: request, groupID: groupID, isGroupMode: false, keyGeneration: keyGeneration,
            intendedResponder: unsafe recipient.use { $0.recipientID })
        return (outline.hasObserve ? .fetch : .post, binding)
    }

    // GOSC-0213, GOSC-0258: RFC 10021 §8.5, step by step.
    /// Protects a response in pairwise mode, to a request of either mode.
    ///
    /// - Parameters: As for a response in group mode; the recipient is the sender of the request.
    /// - Returns: The outer Code.
    /// - Throws: ``OSCORE/ProtectionError/modeUnavailable`` if the group has no pairwise mode or no key can be shared;
    ///   ``OSCORE/ProtectionError/unknownRecipient`` if the sender of the request is not known any more; what
    ///   ``protectGroupResponse(code:body:to:usesOwnPartialIV:into:)`` throws for the rest.
    public func protectPairwiseResponse(
        code: Code, body: Span<UInt8>, to binding: inout GroupRequestBinding, usesOwnPartialIV: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        // Asked before a nonce is used up.
        let sender = try pairwiseSender()
        let recipient = try pairwiseRecipient(binding.request.kid)
        let outline = try outlineOfResponse(
            code: code, body: body, isObserved: binding.request.observe != nil)
        let fields = try takeResponseFields(for: &binding, usesOwnPartialIV: usesOwnPartialIV)
        return try protectPairwiseResponse(
            code: code, body: body, outline: outline, sender: sender, recipient: recipient, to: binding.request,
            groupID: binding.groupID, fields: fields,
            into: &output)
    }

    /// Protects a response with fields that the caller vouches for.
    package func protectPairwiseResponse(
        code: Code, body: Span<UInt8>, to binding: GroupRequestBinding, fields: GroupResponseFields,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let sender = try pairwiseSender()
        let recipient = try pairwiseRecipient(binding.request.kid)
        let outline = try outlineOfResponse(
            code: code, body: body, isObserved: binding.request.observe != nil)
        return try protectPairwiseResponse(
            code: code, body: body, outline: outline, sender: sender, recipient: recipient, to: binding.request,
            groupID: binding.groupID, fields: fields,
            into: &output)
    }

    @inline(__always)
    private func protectPairwiseResponse(
        code: Code, body: Span<UInt8>, outline: OptionOutline, sender: Uncounted<SenderContext>,
        recipient: Uncounted<RecipientContext>, to request: RequestBinding, groupID: GroupID,
        fields: GroupResponseFields, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        try unsafe sender.use { sender throws(ProtectionError) in
            prepareResponseOption(isGroupMode: false, fields: fields, kid: sender.senderID)
            try unsafe recipient.use { recipient throws(ProtectionError) in
                try seal(
                    code: code, body: body, outline: outline, sender: sender, recipient: recipient,
                    producer: fields.partialIV == nil ? request.kid : sender.senderID,
                    partialIV: fields.partialIV ?? request.partialIV, request: request, groupID: groupID,
                    into: &output)
            }
        }
        return outline.hasObserve ? .content : .changed
    }

    @inline(__always)
    private func pairwiseSender() throws(ProtectionError) -> Uncounted<SenderContext> {
        guard common.hasPairwiseMode else { throw .modeUnavailable }
        return try uncountedSender()
    }

    // GOSC-0250: without the recipient's credential there is no key.
    @inline(__always)
    private func pairwiseRecipient(
        _ recipientID: SenderID
    ) throws(ProtectionError) -> Uncounted<RecipientContext> {
        guard let recipient = recipients.find(recipientID) else { throw .unknownRecipient }
        do {
            try unsafe recipient.use { recipient throws(ContextError) in try preparePairwiseKeys(with: recipient) }
        } catch {
            throw .modeUnavailable
        }
        return recipient
    }

    // GOSC-0245: RFC 8613 §8.1 with the Pairwise Sender Key and the external_aad of the group.
    /// Encrypts; appends outer options, 0xff, ciphertext.
    @inline(__always)
    private func seal(
        code: Code, body: Span<UInt8>, outline: OptionOutline, sender: SenderContext, recipient: RecipientContext,
        producer: SenderID, partialIV: PartialIV, request: RequestBinding, groupID: GroupID,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        try preparePlaintext(code: code, body: body, outline: outline)
        let start = output.count
        try appendOuter(
            body: body, outline: outline, before: buffers.plaintext.count + common.pairwiseTagLength, into: &output)
        buffers.latest = .outgoing
        // GOSC-0122: the external_aad of both modes.
        buffers.outgoing.prepareStructure(
            author: sender.senderID, request: request, groupID: groupID, optionValue: buffers.optionValue,
            head: common.aadHead, tail: sender.aadTail)
        // GOSC-0120: the leading bytes of a Common IV that may be longer than this nonce.
        buffers.outgoing.prepareNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: common.pairwiseNonceLength)
        do {
            // GOSC-0140: the payload is the ciphertext and nothing else.
            try recipient.sealPairwise(buffers, into: &output)
        } catch {
            output.removeLast(output.count - start)
            throw error == .invalidLength ? .tooLong : .cryptography
        }
    }
}

extension RecipientContext {
    /// Encrypts the plaintext buffer under the Pairwise Sender Key.
    @inline(__always)
    fileprivate func sealPairwise(
        _ buffers: MessageBuffers, into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        let sealed: Void? = try pairwise?.sender.seal(
            buffers.plaintext, nonce: buffers.outgoing.nonce, aad: buffers.outgoing.structure, into: &output)
        guard sealed != nil else { throw .unsupported }
    }
}
