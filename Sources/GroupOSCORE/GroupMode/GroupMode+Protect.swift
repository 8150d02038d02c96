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
    public func protectGroupRequest(
        code: Code, body: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        guard algorithms.hasGroupMode else { throw .modeUnavailable }
        return try protectGroupRequest(code: code, body: body, partialIV: sender.reservation.take(), into: &output)
    }

    /// Protects a request with a Partial IV that the caller vouches for. Only for tests, vectors and `gosc message`.
    package func protectGroupRequest(
        code: Code, body: Span<UInt8>, partialIV: PartialIV, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: GroupRequestBinding) {
        let binding = GroupRequestBinding(
            request: RequestBinding(kid: senderID, partialIV: partialIV), groupID: groupID, isGroupMode: true)
        // GOSC-0118, GOSC-0142: Gid, kid, Partial IV and Group Flag are in every group-mode request.
        let gid = groupID.bytes
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: true, partialIV: partialIV, kidContext: gid.span, kid: senderID, into: &value)
        }
        let observes = try seal(
            code: code, body: body, producer: senderID, partialIV: partialIV, binding: binding, isRequest: true,
            into: &output)
        return (observes ? .fetch : .post, binding)
    }

    // GOSC-0217: RFC 10021 §7.3, step by step.
    /// Protects a response in group mode.
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
    public func protectGroupResponse(
        code: Code, body: Span<UInt8>, to binding: inout GroupRequestBinding, usesOwnPartialIV: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        guard algorithms.hasGroupMode else { throw .modeUnavailable }
        // GOSC-0216: another Security Context than the request's means an own Partial IV.
        let isSameContext = binding.groupID == groupID
        let partialIV: PartialIV?
        // GOSC-0215
        if usesOwnPartialIV || !isSameContext || !binding.request.isRequestNonceFree {
            partialIV = try sender.reservation.take()
        } else {
            try binding.request.takeRequestNonce()
            partialIV = nil
        }
        return try protectGroupResponse(
            code: code, body: body, to: binding, partialIV: partialIV, includesKid: binding.isGroupMode,
            includesGroupID: !isSameContext, into: &output)
    }

    /// Protects a response with fields that the caller vouches for.
    package func protectGroupResponse(
        code: Code, body: Span<UInt8>, to binding: GroupRequestBinding, partialIV: PartialIV?, includesKid: Bool,
        includesGroupID: Bool, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        // GOSC-0117: kid is always there if the request was in group mode. GOSC-0218: the new Gid after a rekeying.
        let gid = groupID.bytes
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: true, partialIV: partialIV, kidContext: includesGroupID ? gid.span : nil,
                kid: includesKid ? senderID : nil, into: &value)
        }
        let observes = try seal(
            code: code, body: body, producer: partialIV == nil ? binding.request.kid : senderID,
            partialIV: partialIV ?? binding.request.partialIV, binding: binding, isRequest: false, into: &output)
        return observes ? .content : .changed
    }

    /// Encrypts, countersigns, hides the countersignature; appends outer options, 0xff, ciphertext, countersignature.
    private func seal(
        code: Code, body: Span<UInt8>, producer: SenderID, partialIV: PartialIV, binding: GroupRequestBinding,
        isRequest: Bool, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Bool {
        guard let signatureLength = algorithms.signature?.signatureLength else { throw .modeUnavailable }
        var observes = false
        try buffers.plaintext.fill(body.count + 1) { plaintext throws(ProtectionError) in
            observes = try Plaintext.writeInner(code: code, body: body, into: &plaintext)
        }
        try buffers.outer.fillOuter(body: body, optionValue: buffers.optionValue)
        let ciphertextCount = buffers.plaintext.count + sender.groupCipher.tagLength
        guard buffers.outer.count + 1 + ciphertextCount + signatureLength <= output.freeCapacity else { throw .tooLong }
        buffers.externalAAD.fillExternalAAD(
            common: common, binding: binding, optionValue: buffers.optionValue, credential: sender.credential)
        buffers.structure.fillEncStructure(around: buffers.externalAAD)
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: sender.groupCipher.nonceLength)
        let start = output.count
        buffers.outer.append(to: &output)
        output.append(0xff)
        do {
            try buffers.ciphertext.fill(ciphertextCount) { ciphertext throws(CryptoError) in
                try sender.groupCipher.seal(
                    buffers.plaintext, nonce: buffers.nonce, aad: buffers.structure, into: &ciphertext)
            }
            // GOSC-0191: the countersignature covers the ciphertext, and only its hidden form leaves.
            buffers.structure.fillCountersignStructure(
                common: common, externalAAD: buffers.externalAAD, ciphertext: buffers.ciphertext)
            try buffers.signature.fillSignature(over: buffers.structure, by: sender.privateKey, count: signatureLength)
            try prepareKeystream(
                producer: producer, partialIV: partialIV, isRequest: isRequest, count: signatureLength)
        } catch {
            output.removeLast(output.count - start)
            throw .cryptography
        }
        buffers.ciphertext.append(to: &output)
        buffers.signature.appendCombined(with: buffers.keystream, to: &output)
        return observes
    }
}
