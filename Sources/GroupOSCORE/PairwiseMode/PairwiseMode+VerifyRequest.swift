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
    ///   - output: Receives the body of the request; nothing unless verified. Needs room for the received body, some of
    ///     which is written and wiped again if the request is not verified.
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
        return unsafe request.recipient.use { recipient in
            let start = output.count
            let joined: JoinedMessage
            do throws(VerificationFailure) {
                joined = try openPairwiseRequest(message, from: recipient, request.partialIV, into: &output)
            } catch {
                return .rejected(error)
            }
            return finish(request, from: recipient, message, joined, appendedFrom: start, in: &output)
        }
    }

    /// Decrypts an admitted request with the Pairwise Recipient Key, appends its body.
    @inline(__always)
    private func openPairwiseRequest(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, _ partialIV: PartialIV,
        into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> JoinedMessage {
        buffers.latest = .request(from: recipient.recipientID)
        if let joined = try recipient.pairwise?.openRequest(
            message, partialIV, in: self, from: recipient, into: &output)
        {
            return joined
        }
        return try openFirstPairwiseRequest(message, from: recipient, partialIV, into: &output)
    }

    @inline(never)
    private func openFirstPairwiseRequest(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, _ partialIV: PartialIV,
        into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> JoinedMessage {
        try makePairwiseKeys(with: recipient)
        let joined = try recipient.pairwise?.openRequest(
            message, partialIV, in: self, from: recipient, into: &output)
        guard let joined else { throw .mode }
        return joined
    }

    /// Decrypts a response with the Pairwise Recipient Key, appends its body.
    @inline(__always)
    func openPairwiseResponse(
        _ message: borrowing ProtectedMessage, from recipient: RecipientContext, producer: SenderID,
        partialIV: PartialIV, request: RequestBinding, groupID: GroupID, into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> JoinedMessage {
        try makePairwiseKeys(with: recipient)
        buffers.latest = .incoming
        buffers.incoming.prepareStructure(
            author: recipient.recipientID, request: request, groupID: groupID, optionValue: message.optionValue,
            head: common.aadHead, tail: recipient.aadTail)
        buffers.incoming.prepareNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: common.pairwiseNonceLength)
        guard let joined = try recipient.pairwise?.openResponse(message, buffers, into: &output) else { throw .mode }
        return joined
    }

    @inline(__always)
    private func makePairwiseKeys(with recipient: RecipientContext) throws(VerificationFailure) {
        do {
            try preparePairwiseKeys(with: recipient)
        } catch {
            throw .mode
        }
    }
}

extension PairwiseKeys {
    @inline(__always)
    fileprivate mutating func openRequest(
        _ message: borrowing ProtectedMessage, _ partialIV: PartialIV, in context: GroupContext,
        from sender: RecipientContext, into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> JoinedMessage {
        requests.prepare(partialIV, optionValue: message.optionValue, in: context, sender: sender)
        let buffers = context.buffers
        return try recipient.openMessage(
            message, nonce: requests.nonce, aad: requests.structure, scratch: &buffers.plaintext,
            usesScratch: message.hasUnprotectedOptions || buffers.keepsPlaintext, into: &output)
    }

    @inline(__always)
    fileprivate mutating func openResponse(
        _ message: borrowing ProtectedMessage, _ buffers: MessageBuffers, into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> JoinedMessage {
        try recipient.openMessage(
            message, nonce: buffers.incoming.nonce, aad: buffers.incoming.structure, scratch: &buffers.plaintext,
            usesScratch: message.hasUnprotectedOptions || buffers.keepsPlaintext, into: &output)
    }
}
