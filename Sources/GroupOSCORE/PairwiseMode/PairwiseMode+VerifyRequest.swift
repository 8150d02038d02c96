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
    @inline(__always)
    public func verifyPairwiseRequest(
        _ message: borrowing ProtectedMessage, into output: inout OutputSpan<UInt8>
    ) -> GroupRequestOutcome {
        // GOSC-0179; GOSC-0002: a silent server has no pairwise mode.
        guard !message.option.isGroupMode, common.hasPairwiseMode, sender != nil else {
            return .rejected(.mode)
        }
        let request: AdmittedRequest
        do throws(RequestRefusal) {
            request = try admitRequest(message)
        } catch {
            return error.outcome
        }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let recipient = request.recipient
        if let failure = openPairwise(
            message, from: recipient, producer: recipient.recipientID, partialIV: request.partialIV,
            request: RequestBinding(kid: recipient.recipientID, partialIV: request.partialIV), groupID: groupID)
        {
            return .rejected(failure)
        }
        return finish(request, message, into: &output)
    }

    /// Decrypts into `buffers.plaintext` with the Pairwise Recipient Key; says what failed.
    @inline(__always)
    func openPairwise(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, producer: SenderID,
        partialIV: PartialIV, request: RequestBinding, groupID: GroupID
    ) -> VerificationFailure? {
        do {
            try preparePairwiseKeys(with: recipient)
        } catch {
            return .mode
        }
        guard message.payload.count > common.pairwiseTagLength else { return .malformed }
        buffers.latest = .incoming
        buffers.incoming.prepareStructure(
            author: recipient.recipientID, request: request, groupID: groupID, optionValue: message.optionValue,
            head: common.aadHead, tail: recipient.aadTail)
        buffers.incoming.prepareNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: common.pairwiseNonceLength)
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
    @inline(__always)
    fileprivate func fillPlaintext(of ciphertext: Span<UInt8>, _ buffers: MessageBuffers) throws(CryptoError) {
        guard pairwise != nil else { throw .unsupported }
        try pairwise?.fillPlaintext(of: ciphertext, buffers)
    }
}

extension PairwiseKeys {
    @inline(__always)
    fileprivate mutating func fillPlaintext(
        of ciphertext: Span<UInt8>, _ buffers: MessageBuffers
    ) throws(CryptoError) {
        try buffers.plaintext.fillPlaintext(
            of: ciphertext, cipher: &recipient, nonce: buffers.incoming.nonce, aad: buffers.incoming.structure)
    }
}
