public import Bytes
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
            let code = Plaintext.writeJoined(plaintext: buffers.plaintext.bytes, outer: message.body, into: &output),
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
        prepareExternalAAD(
            binding: binding, optionValue: message.optionValue, credential: recipient.credential.bytes.span)
        prepareCountersignStructure(ciphertext: ciphertext)
        do {
            try prepareKeystream(
                producer: producer, partialIV: partialIV, isRequest: isRequest, count: signatureLength)
        } catch {
            return .signature
        }
        buffers.signature.fill(signatureLength) { signature in
            writeCombined(message.payload.extracting(last: signatureLength), into: &signature)
        }
        // GOSC-0203: nothing is decrypted before the signature is verified.
        guard isGenuine(recipient.credential.publicKey) else { return .signature }
        prepareEncStructure()
        prepareNonce(producer: producer, partialIV: partialIV, count: recipient.groupCipher.nonceLength)
        do {
            try buffers.plaintext.fill(ciphertextCount) { plaintext throws(CryptoError) in
                try recipient.groupCipher.open(
                    ciphertext, nonce: buffers.nonce.bytes, aad: buffers.structure.bytes, into: &plaintext)
            }
        } catch {
            return .decryption
        }
        return nil
    }

    /// Whether `buffers.signature` is a signature over `buffers.structure`.
    private func isGenuine(_ key: Ed25519PublicKey) -> Bool {
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.signature) { return true }
        #endif
        return key.isValidSignature(buffers.signature.bytes, for: buffers.structure.bytes)
    }
}

/// The outcome of verifying a response (RFC 10021 §7.4).
public enum GroupResponseOutcome: Sendable {
    /// Genuine: its Code, who answered, and its Partial IV if it carries one.
    case verified(Code, SenderID, PartialIV?)
    /// Not accepted.
    case rejected(VerificationFailure)
}
