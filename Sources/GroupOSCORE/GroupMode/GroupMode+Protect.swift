public import Bytes
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
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: true, partialIV: partialIV, kidContext: groupID.bytes.span, kid: senderID, into: &value)
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
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: true, partialIV: partialIV, kidContext: includesGroupID ? groupID.bytes.span : nil,
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
        try buffers.outer.fill(body.count + buffers.optionValue.count + 4) { outer throws(ProtectionError) in
            try Plaintext.writeOuter(body: body, optionValue: buffers.optionValue.bytes, into: &outer)
        }
        let ciphertextCount = buffers.plaintext.count + sender.groupCipher.tagLength
        guard buffers.outer.count + 1 + ciphertextCount + signatureLength <= output.freeCapacity else { throw .tooLong }
        prepareExternalAAD(
            binding: binding, optionValue: buffers.optionValue.bytes, credential: sender.credential.bytes.span)
        prepareEncStructure()
        prepareNonce(producer: producer, partialIV: partialIV, count: sender.groupCipher.nonceLength)
        let start = output.count
        output.append(copying: buffers.outer.bytes)
        output.append(0xff)
        do {
            try buffers.ciphertext.fill(ciphertextCount) { ciphertext throws(CryptoError) in
                try sender.groupCipher.seal(
                    buffers.plaintext.bytes, nonce: buffers.nonce.bytes, aad: buffers.structure.bytes, into: &ciphertext)
            }
            // GOSC-0191: the countersignature covers the ciphertext, and only its hidden form leaves.
            prepareCountersignStructure(ciphertext: buffers.ciphertext.bytes)
            try buffers.signature.fill(signatureLength) { signature throws(CryptoError) in
                try sender.privateKey.sign(buffers.structure.bytes, into: &signature)
            }
            try prepareKeystream(
                producer: producer, partialIV: partialIV, isRequest: isRequest, count: signatureLength)
        } catch {
            output.removeLast(output.count - start)
            throw .cryptography
        }
        output.append(copying: buffers.ciphertext.bytes)
        writeCombined(buffers.signature.bytes, into: &output)
        return observes
    }
}
