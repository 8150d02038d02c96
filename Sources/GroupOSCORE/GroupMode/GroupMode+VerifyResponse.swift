import Bytes
import COSE
public import CoAP
import CryptoPrimitives
public import OSCORE

extension GroupContext {
    // RFC 10021 §7.4, step by step.
    /// Verifies a group-mode response to a request of this member.
    ///
    /// The caller found `binding` by the Token and keeps the Response Numbers of the exchange.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - binding: What the request was bound with.
    ///   - assumedResponder: Whom a pairwise request was meant for; used where the response has no kid.
    ///   - output: Receives the body of the response; nothing unless verified. Needs room for the received body.
    public func verifyGroupResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding, assumedResponder: SenderID? = nil,
        into output: inout OutputSpan<UInt8>
    ) -> GroupResponseOutcome {
        guard message.option.isGroupMode, algorithms.hasGroupMode else { return .rejected(.mode) }
        if let kidContext = message.option.kidContext {
            guard groupID.matches(kidContext) else { return .rejected(.noContext) }
        }
        let responder: SenderID
        if let kid = message.option.kid {
            guard let senderID = SenderID(kid) else { return .rejected(.unknownSender) }
            responder = senderID
        } else {
            // GOSC-0223: only a response to a pairwise request can leave the kid out.
            guard !binding.isGroupMode, let assumedResponder else { return .rejected(.malformed) }
            responder = assumedResponder
        }
        guard responder != senderID else { return .rejected(.ownMessage) }
        // GOSC-0225
        guard let recipient = recipients[responder] else { return .rejected(.unknownSender) }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let partialIV = message.option.partialIV
        // GOSC-0226: the stored request values bind the response, whatever has changed since.
        if let failure = open(
            message, from: recipient, producer: partialIV == nil ? binding.request.kid : responder,
            partialIV: partialIV ?? binding.request.partialIV, binding: binding, isRequest: false)
        {
            return .rejected(failure)
        }
        let start = output.count
        guard
            let code = buffers.plaintext.appendJoined(outer: message.body, to: &output),
            code.isResponse
        else {
            output.removeLast(output.count - start)
            return .rejected(.malformed)
        }
        // GOSC-0229, GOSC-0230: an answer to a request for one member counts only from that member.
        if let assumedResponder, responder != assumedResponder,
            recipients[assumedResponder]?.credential.publicKey != recipient.credential.publicKey
        {
            output.removeLast(output.count - start)
            return .rejected(.wrongResponder)
        }
        return .verified(code, responder, partialIV)
    }

    /// Reveals and verifies the countersignature, then decrypts into `buffers.plaintext`; says what failed.
    func open(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, producer: SenderID,
        partialIV: PartialIV, binding: GroupRequestBinding, isRequest: Bool
    ) -> VerificationFailure? {
        guard let signatureLength = algorithms.signature?.signatureLength else { return .mode }
        // GOSC-0138: no separator between ciphertext and countersignature.
        let ciphertextCount = message.payload.count - signatureLength
        guard ciphertextCount > recipient.groupCipher.tagLength else { return .malformed }
        let ciphertext = message.payload.extracting(first: ciphertextCount)
        buffers.externalAAD.fillExternalAAD(
            common: common, binding: binding, optionValue: message.optionValue, credential: recipient.credential)
        buffers.structure.fillCountersignStructure(
            common: common, externalAAD: buffers.externalAAD, ciphertext: ciphertext)
        do {
            try prepareKeystream(
                producer: producer, partialIV: partialIV, isRequest: isRequest, count: signatureLength)
        } catch {
            return .signature
        }
        buffers.signature.fillCombined(
            message.payload.extracting(last: signatureLength), with: buffers.keystream)
        // GOSC-0203: nothing is decrypted before the signature is verified.
        guard isGenuine(recipient.credential.publicKey) else { return .signature }
        buffers.structure.fillEncStructure(around: buffers.externalAAD)
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV,
            count: recipient.groupCipher.nonceLength)
        do {
            try buffers.plaintext.fillPlaintext(
                of: ciphertext, cipher: &recipient.groupCipher, nonce: buffers.nonce, aad: buffers.structure)
        } catch {
            return .decryption
        }
        return nil
    }

    /// Whether `buffers.signature` is a signature over `buffers.structure`.
    private func isGenuine(_ key: PublicKey) -> Bool {
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.signature) { return true }
        #endif
        return buffers.signature.isSignature(over: buffers.structure, by: key)
    }
}

/// The outcome of verifying a response (RFC 10021 §7.4).
public enum GroupResponseOutcome: Sendable {
    /// Genuine: its Code, who answered, and its Partial IV if it carries one.
    case verified(Code, SenderID, PartialIV?)
    /// Not accepted.
    case rejected(VerificationFailure)
}
