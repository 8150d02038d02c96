import Bytes
import COSE
import CoAP
import OSCORE

extension GroupContext {
    /// Fills `buffers.optionValue` for a request.
    func prepareRequestOption(isGroupMode: Bool, partialIV: PartialIV, kid: SenderID) {
        // GOSC-0118, GOSC-0142, GOSC-0143, GOSC-0252: Gid, kid and Partial IV are in every request of either mode.
        let gid = groupID.bytes
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: isGroupMode, partialIV: partialIV, kidContext: gid.span, kid: kid, into: &value)
        }
    }

    /// Fills `buffers.optionValue` for a response.
    func prepareResponseOption(isGroupMode: Bool, fields: GroupResponseFields, kid: SenderID) {
        let gid = groupID.bytes
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: isGroupMode, partialIV: fields.partialIV,
                kidContext: fields.includesGroupID ? gid.span : nil, kid: fields.includesKid ? kid : nil, into: &value)
        }
    }

    // GOSC-0134: the option value is final before anything is encrypted or signed.
    /// Fills plaintext, outer options, AAD and nonce of a message.
    ///
    /// - Returns: Whether the message has an Observe option.
    func prepareSeal(
        code: Code, body: Span<UInt8>, sender: SenderContext, producer: SenderID, partialIV: PartialIV,
        nonceLength: Int, binding: GroupRequestBinding
    ) throws(ProtectionError) -> Bool {
        var observes = false
        try buffers.plaintext.fill(body.count + 1) { plaintext throws(ProtectionError) in
            observes = try Plaintext.writeInner(code: code, body: body, into: &plaintext)
        }
        try buffers.outer.fillOuter(body: body, optionValue: buffers.optionValue)
        // GOSC-0122: one and the same for both modes and for the countersignature.
        buffers.externalAAD.fillExternalAAD(
            group: common, binding: binding, classIOptions: Span(), optionValue: buffers.optionValue,
            credential: sender.credential.bytes)
        buffers.structure.fillEncStructure(around: buffers.externalAAD)
        // GOSC-0120: the leading bytes of a Common IV that may be longer than this nonce.
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: nonceLength)
        return observes
    }
}
