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
    /// - Throws: ``OSCORE/ProtectionError/unknownRecipient`` if the member is not known,
    ///   ``OSCORE/ProtectionError/modeUnavailable`` if the group has no pairwise mode or no key can be shared.
    public func protectPairwiseRequest(
        code: Code, body: Span<UInt8>, to recipientID: SenderID, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let recipient = try pairwiseRecipient(recipientID)
        let outline = try outlineOfRequest(code: code, body: body)
        return try protectPairwiseRequest(
            code: code, body: body, outline: outline, recipient: recipient,
            partialIV: usableSender().reservation.take(), into: &output)
    }

    /// Protects a request with a Partial IV that the caller vouches for. Only for tests, vectors and `gosc message`.
    package func protectPairwiseRequest(
        code: Code, body: Span<UInt8>, to recipientID: SenderID, partialIV: PartialIV,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let recipient = try pairwiseRecipient(recipientID)
        let outline = try outlineOfRequest(code: code, body: body)
        return try protectPairwiseRequest(
            code: code, body: body, outline: outline, recipient: recipient, partialIV: partialIV, into: &output)
    }

    private func protectPairwiseRequest(
        code: Code, body: Span<UInt8>, outline: OptionOutline, recipient: RecipientContext, partialIV: PartialIV,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let sender = try usableSender()
        let binding = GroupRequestBinding(
            request: RequestBinding(kid: sender.senderID, partialIV: partialIV, observe: outline.observe),
            groupID: groupID, isGroupMode: false, keyGeneration: keyGeneration, intendedResponder: recipient.recipientID
        )
        prepareRequestOption(isGroupMode: false, partialIV: partialIV, kid: sender.senderID)
        try seal(
            code: code, body: body, outline: outline, sender: sender, recipient: recipient, producer: sender.senderID,
            partialIV: partialIV, binding: binding, into: &output)
        return (outline.hasObserve ? .fetch : .post, binding)
    }

    // GOSC-0213, GOSC-0258: RFC 10021 §8.5, step by step.
    /// Protects a response in pairwise mode, to a request of either mode.
    ///
    /// - Parameters: As for a response in group mode; the recipient is the sender of the request.
    /// - Returns: The outer Code.
    public func protectPairwiseResponse(
        code: Code, body: Span<UInt8>, to binding: inout GroupRequestBinding, usesOwnPartialIV: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        // Asked before a nonce is used up.
        let recipient = try pairwiseRecipient(binding.request.kid)
        let outline = try outlineOfResponse(code: code, body: body, to: binding)
        let fields = try takeResponseFields(for: &binding, usesOwnPartialIV: usesOwnPartialIV)
        return try protectPairwiseResponse(
            code: code, body: body, outline: outline, recipient: recipient, to: binding, fields: fields, into: &output)
    }

    /// Protects a response with fields that the caller vouches for.
    package func protectPairwiseResponse(
        code: Code, body: Span<UInt8>, to binding: GroupRequestBinding, fields: GroupResponseFields,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let recipient = try pairwiseRecipient(binding.request.kid)
        let outline = try outlineOfResponse(code: code, body: body, to: binding)
        return try protectPairwiseResponse(
            code: code, body: body, outline: outline, recipient: recipient, to: binding, fields: fields, into: &output)
    }

    private func protectPairwiseResponse(
        code: Code, body: Span<UInt8>, outline: OptionOutline, recipient: RecipientContext,
        to binding: GroupRequestBinding, fields: GroupResponseFields, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        let sender = try usableSender()
        prepareResponseOption(isGroupMode: false, fields: fields, kid: sender.senderID)
        try seal(
            code: code, body: body, outline: outline, sender: sender, recipient: recipient,
            producer: fields.partialIV == nil ? binding.request.kid : sender.senderID,
            partialIV: fields.partialIV ?? binding.request.partialIV, binding: binding, into: &output)
        return outline.hasObserve ? .content : .changed
    }

    // GOSC-0250: without the recipient's credential there is no key.
    private func pairwiseRecipient(_ recipientID: SenderID) throws(ProtectionError) -> RecipientContext {
        guard algorithms.hasPairwiseMode else { throw .modeUnavailable }
        _ = try usableSender()
        guard let recipient = recipients.find(recipientID) else { throw .unknownRecipient }
        do {
            try preparePairwiseKeys(with: recipient)
        } catch {
            throw .modeUnavailable
        }
        return recipient
    }

    // GOSC-0245: RFC 8613 §8.1 with the Pairwise Sender Key and the external_aad of the group.
    /// Encrypts; appends outer options, 0xff, ciphertext.
    private func seal(
        code: Code, body: Span<UInt8>, outline: OptionOutline, sender: SenderContext, recipient: RecipientContext,
        producer: SenderID, partialIV: PartialIV, binding: GroupRequestBinding, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        guard let nonceLength = recipient.pairwise?.sender.nonceLength,
            let tagLength = recipient.pairwise?.sender.tagLength
        else { throw .modeUnavailable }
        try prepareSeal(
            code: code, body: body, outline: outline, sender: sender, producer: producer, partialIV: partialIV,
            nonceLength: nonceLength,
            binding: binding)
        // No countersignature needs it apart.
        buffers.externalAAD.restore(count: 0)
        guard buffers.outer.count + 1 + buffers.plaintext.count + tagLength <= output.freeCapacity else {
            throw .tooLong
        }
        buffers.outer.append(to: &output)
        output.append(0xff)
        do {
            // GOSC-0140: the payload is the ciphertext and nothing else.
            try recipient.pairwise?.sender.seal(
                buffers.plaintext, nonce: buffers.nonce, aad: buffers.structure, into: &output)
        } catch {
            output.removeLast(buffers.outer.count + 1)
            throw error == .invalidLength ? .tooLong : .cryptography
        }
    }
}
