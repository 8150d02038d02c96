import Bytes
import COSE
import CoAP
import CryptoPrimitives
public import OSCORE

extension GroupContext {
    // GOSC-0254: RFC 10021 §8.4, step by step.
    /// Verifies a pairwise-mode request and, if it is genuine and new, marks its Partial IV.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - output: Receives the body of the request; nothing unless verified. Needs room for the received body.
    public func verifyPairwiseRequest(
        _ message: borrowing ProtectedMessage, into output: inout OutputSpan<UInt8>
    ) -> GroupRequestOutcome {
        // GOSC-0179; GOSC-0002: a silent server has no pairwise mode.
        guard !message.option.isGroupMode, algorithms.hasPairwiseMode, !isSilentServer else {
            return .rejected(.mode)
        }
        let request: AdmittedRequest
        do throws(RequestRefusal) {
            request = try admitRequest(message)
        } catch {
            return error.outcome
        }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let binding = binding(of: request, isGroupMode: false)
        if let failure = openPairwise(
            message, from: request.recipient, producer: request.recipient.recipientID, partialIV: request.partialIV,
            binding: binding)
        {
            return .rejected(failure)
        }
        return finish(request, binding, message, into: &output)
    }

    /// Decrypts into `buffers.plaintext` with the Pairwise Recipient Key; says what failed.
    func openPairwise(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, producer: SenderID,
        partialIV: PartialIV, binding: GroupRequestBinding
    ) -> VerificationFailure? {
        do {
            try preparePairwiseKeys(with: recipient)
        } catch {
            return .mode
        }
        guard let nonceLength = recipient.pairwise?.recipient.nonceLength,
            let tagLength = recipient.pairwise?.recipient.tagLength
        else { return .mode }
        guard message.payload.count > tagLength else { return .malformed }
        buffers.externalAAD.restore(count: 0)
        buffers.structure.fillEncStructure(
            head: common.aadHead, binding: binding, optionValue: message.optionValue, tail: recipient.aadTail)
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: nonceLength)
        do {
            try recipient.fillPlaintext(of: message.payload, buffers)
        } catch {
            return .decryption
        }
        return nil
    }
}

extension RecipientContext {
    /// Decrypts a pairwise ciphertext into the plaintext buffer.
    fileprivate func fillPlaintext(of ciphertext: Span<UInt8>, _ buffers: MessageBuffers) throws(CryptoError) {
        guard pairwise != nil else { throw .unsupported }
        try pairwise?.fillPlaintext(of: ciphertext, buffers)
    }
}

extension PairwiseKeys {
    fileprivate mutating func fillPlaintext(
        of ciphertext: Span<UInt8>, _ buffers: MessageBuffers
    ) throws(CryptoError) {
        try buffers.plaintext.fillPlaintext(
            of: ciphertext, cipher: &recipient, nonce: buffers.nonce, aad: buffers.structure)
    }
}
