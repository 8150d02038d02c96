import Bytes
import COSE
import CoAP
import OSCORE

extension GroupContext {
    /// Fills `buffers.optionValue` for a request.
    ///
    /// - Parameter tail: ``SenderContext/requestTail``.
    @inline(__always)
    func prepareRequestOption(isGroupMode: Bool, partialIV: PartialIV, tail: [UInt8]) {
        // GOSC-0118, GOSC-0142, GOSC-0143, GOSC-0252: Gid, kid and Partial IV are in every request of either mode.
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            value.append(OSCOREOption.requestFlags(isGroupMode: isGroupMode, partialIV: partialIV))
            partialIV.write(into: &value)
            let tail = tail.span
            for index in tail.indices { value.append(tail[index]) }
        }
    }

    /// Fills `buffers.optionValue` for a request of somebody else than this member.
    @inline(__always)
    func prepareRequestOption(isGroupMode: Bool, partialIV: PartialIV, kid: SenderID) {
        let gid = common.gid
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: isGroupMode, partialIV: partialIV, kidContext: gid.span, kid: kid, into: &value)
        }
    }

    /// Appends the outer options, with the OSCORE option that `buffers.optionValue` has the value of, and 0xff.
    ///
    /// - Parameter count: How many bytes will follow; there is room for them.
    @inline(__always)
    func appendOuter(
        body: Span<UInt8>, outline: OptionOutline, before count: Int, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        guard outline.isAllInside else {
            try buffers.outer.fillOuter(body: body, optionValue: buffers.optionValue)
            guard buffers.outer.count + 1 + count <= output.freeCapacity else { throw .tooLong }
            buffers.outer.append(to: &output)
            output.append(0xff)
            return
        }
        let valueCount = buffers.optionValue.count
        let outerCount = OptionWriter.length(delta: Int(OptionNumber.oscore.rawValue), valueLength: valueCount)
        guard outerCount + 1 + count <= output.freeCapacity else { throw .tooLong }
        var writer = OptionWriter()
        writer.writeHead(.oscore, valueLength: valueCount, into: &output)
        buffers.optionValue.append(to: &output)
        output.append(0xff)
    }

    /// Fills `buffers.optionValue` for a response.
    @inline(__always)
    func prepareResponseOption(isGroupMode: Bool, fields: GroupResponseFields, kid: SenderID) {
        let gid = common.gid
        buffers.optionValue.fill(OSCOREOption.maximumCount) { value in
            OSCOREOption.write(
                isGroupMode: isGroupMode, partialIV: fields.partialIV,
                kidContext: fields.includesGroupID ? gid.span : nil, kid: fields.includesKid ? kid : nil, into: &value)
        }
    }

    // GOSC-0134: the option value is final before anything is encrypted or signed.
    /// Fills plaintext, outer options, AAD and nonce of a message.
    func prepareSeal(
        code: Code, body: Span<UInt8>, outline: OptionOutline, sender: SenderContext, producer: SenderID,
        partialIV: PartialIV, nonceLength: Int, binding: GroupRequestBinding
    ) throws(ProtectionError) {
        try preparePlaintext(code: code, body: body, outline: outline)
        try buffers.outer.fillOuter(body: body, optionValue: buffers.optionValue)
        buffers.latest = .apart
        // GOSC-0122: one and the same for both modes and for the countersignature.
        buffers.structure.fillEncStructure(
            head: common.aadHead, binding: binding, optionValue: buffers.optionValue, tail: sender.aadTail)
        // GOSC-0120: the leading bytes of a Common IV that may be longer than this nonce.
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: producer, partialIV: partialIV, count: nonceLength)
    }

    /// Fills `buffers.plaintext`.
    @inline(__always)
    func preparePlaintext(code: Code, body: Span<UInt8>, outline: OptionOutline) throws(ProtectionError) {
        try buffers.plaintext.fill(body.count + 1) { plaintext throws(ProtectionError) in
            guard outline.isAllInside else {
                try Plaintext.writeInner(code: code, body: body, outline: outline, into: &plaintext)
                return
            }
            // The same, known to the compiler in full.
            plaintext.append(code.rawValue)
            plaintext.append(copying: body)
        }
    }

    /// Walks over the options of a request, before anything is used up for it.
    @inline(__always)
    func outlineOfRequest(code: Code, body: Span<UInt8>) throws(ProtectionError) -> OptionOutline {
        guard code.isRequest else { throw .unsupportedCode }
        return try OptionOutline(body, isResponse: false)
    }

    /// Walks over the options of a response, before anything is used up for it.
    @inline(__always)
    func outlineOfResponse(
        code: Code, body: Span<UInt8>, isObserved: Bool
    ) throws(ProtectionError) -> OptionOutline {
        guard code.isResponse else { throw .unsupportedCode }
        let outline = try OptionOutline(body, isResponse: true)
        // OSC-0046: the client would drop it.
        guard !outline.hasObserve || isObserved else { throw .unsupportedOption }
        return outline
    }
}
