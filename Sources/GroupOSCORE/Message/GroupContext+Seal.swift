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
    func prepareSeal(
        code: Code, body: Span<UInt8>, outline: OptionOutline, sender: SenderContext, producer: SenderID,
        partialIV: PartialIV,
        nonceLength: Int, binding: GroupRequestBinding
    ) throws(ProtectionError) {
        try buffers.plaintext.fill(body.count + 1) { plaintext throws(ProtectionError) in
            try Plaintext.writeInner(code: code, body: body, outline: outline, into: &plaintext)
        }
        try buffers.outer.fillOuter(body: body, optionValue: buffers.optionValue)
        // GOSC-0122: one and the same for both modes and for the countersignature.
        buffers.structure.fillEncStructure(
            head: common.aadHead, binding: binding, optionValue: buffers.optionValue, tail: sender.aadTail)
        // GOSC-0120: the leading bytes of a Common IV that may be longer than this nonce.
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: nonceLength)
    }

    /// Walks over the options of a request, before anything is used up for it.
    func outlineOfRequest(code: Code, body: Span<UInt8>) throws(ProtectionError) -> OptionOutline {
        guard code.isRequest else { throw .unsupportedCode }
        return try OptionOutline(body, isResponse: false)
    }

    /// Walks over the options of a response, before anything is used up for it.
    func outlineOfResponse(
        code: Code, body: Span<UInt8>, to binding: GroupRequestBinding
    ) throws(ProtectionError) -> OptionOutline {
        guard code.isResponse else { throw .unsupportedCode }
        let outline = try OptionOutline(body, isResponse: true)
        // OSC-0046: the client would drop it.
        guard !outline.hasObserve || binding.request.observe != nil else { throw .unsupportedOption }
        return outline
    }
}
