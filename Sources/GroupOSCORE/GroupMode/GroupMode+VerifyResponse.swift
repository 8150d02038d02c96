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
        let responder: Uncounted<RecipientContext>
        switch self.responder(of: message, to: binding, assumedResponder: assumedResponder) {
        case .success(let found): responder = found
        case .failure(let failure): return .rejected(failure)
        }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let partialIV = message.option.partialIV
        // GOSC-0226: the stored request values bind the response, whatever has changed since.
        return unsafe responder.use { recipient in
            if let failure = openCountersigned(
                message, from: recipient, producer: partialIV == nil ? binding.request.kid : recipient.recipientID,
                partialIV: partialIV ?? binding.request.partialIV, binding: binding, isRequest: false)
            {
                return .rejected(failure)
            }
            let start = output.count
            guard let joined = appendJoined(message, to: &output) else { return .rejected(.malformed) }
            return finishResponse(
                message, from: recipient, to: binding, assumedResponder: assumedResponder, joined,
                appendedFrom: start, in: &output)
        }
    }

    /// Reveals and verifies the countersignature, then decrypts into `buffers.plaintext`; says what failed.
    ///
    /// - Parameter classIOptions: Encoded; none but in responses to deterministic requests.
    func openCountersigned(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, producer: SenderID,
        partialIV: PartialIV, binding: GroupRequestBinding, classIOptions: Span<UInt8> = Span(), isRequest: Bool
    ) -> VerificationFailure? {
        guard let nonceLength = recipient.groupCipher?.nonceLength else { return .mode }
        let signer = Countersigner(
            credential: recipient.credential, producer: producer, partialIV: partialIV, isRequest: isRequest)
        let ciphertext: Span<UInt8>
        // GOSC-0203, GOSC-0227: nothing is decrypted before the signature is verified.
        do throws(VerificationFailure) {
            ciphertext = try buffers.verifiedCiphertext(
                of: message, group: common, key: common.signatureEncryptionKey, deriver: &deriver, signer: signer,
                binding: binding, classIOptions: classIOptions)
        } catch {
            return error
        }
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
