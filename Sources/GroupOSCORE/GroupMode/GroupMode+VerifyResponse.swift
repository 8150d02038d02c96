import Bytes
import COSE
import CoAP
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
    ///   - assumedResponder: Whom a pairwise request was meant for, if not the one in `binding`; used where the response
    ///     has no kid.
    ///   - output: Receives the body of the response; nothing unless verified. Needs room for the received body.
    public func verifyGroupResponse(
        _ message: borrowing ProtectedMessage, to binding: GroupRequestBinding, assumedResponder: SenderID? = nil,
        into output: inout OutputSpan<UInt8>
    ) -> GroupResponseOutcome {
        guard message.option.isGroupMode, algorithms.hasGroupMode else { return .rejected(.mode) }
        let assumedResponder = assumedResponder ?? binding.intendedResponder
        let recipient: RecipientContext
        switch responder(of: message, to: binding, assumedResponder: assumedResponder) {
        case .success(let found): recipient = found
        case .failure(let failure): return .rejected(failure)
        }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let partialIV = message.option.partialIV
        // GOSC-0226: the stored request values bind the response, whatever has changed since.
        if let failure = openCountersigned(
            message, from: recipient, producer: partialIV == nil ? binding.request.kid : recipient.recipientID,
            partialIV: partialIV ?? binding.request.partialIV, binding: binding, isRequest: false)
        {
            return .rejected(failure)
        }
        return finishResponse(message, from: recipient, assumedResponder: assumedResponder, into: &output)
    }

    /// Reveals and verifies the countersignature, then decrypts into `buffers.plaintext`; says what failed.
    func openCountersigned(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, producer: SenderID,
        partialIV: PartialIV, binding: GroupRequestBinding, isRequest: Bool
    ) -> VerificationFailure? {
        guard let signatureLength = algorithms.signature?.signatureLength,
            let tagLength = recipient.groupCipher?.tagLength, let nonceLength = recipient.groupCipher?.nonceLength
        else { return .mode }
        // GOSC-0138: no separator between ciphertext and countersignature.
        let ciphertextCount = message.payload.count - signatureLength
        guard ciphertextCount > tagLength else { return .malformed }
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
        // GOSC-0205
        buffers.signature.fillCombined(
            message.payload.extracting(last: signatureLength), with: buffers.keystream)
        // GOSC-0203, GOSC-0227: nothing is decrypted before the signature is verified.
        guard isGenuine(recipient.credential.publicKey) else { return .signature }
        buffers.structure.fillEncStructure(around: buffers.externalAAD)
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: nonceLength)
        do {
            try recipient.fillGroupPlaintext(of: ciphertext, buffers)
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

extension RecipientContext {
    /// Decrypts a group-mode ciphertext into the plaintext buffer.
    fileprivate func fillGroupPlaintext(of ciphertext: Span<UInt8>, _ buffers: MessageBuffers) throws(CryptoError) {
        guard groupCipher != nil else { throw .unsupported }
        try buffers.plaintext.fill(ciphertext.count) { output throws(CryptoError) in
            try groupCipher?.open(ciphertext, nonce: buffers.nonce, aad: buffers.structure, into: &output)
        }
    }
}
