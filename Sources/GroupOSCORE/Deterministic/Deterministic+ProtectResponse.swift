import Bytes
import COSE
public import CoAP
import CryptoPrimitives
public import OSCORE

extension GroupContext {
    // draft-ietf-core-cacheable-oscore §3.4.4, step by step.
    /// Protects the response to a deterministic request: in group mode, under a Partial IV of its own.
    ///
    /// - Parameters:
    ///   - code: The Code of the response.
    ///   - body: Its options and payload. Max-Age is absent or not 0; a Request-Hash option may only repeat the request's.
    ///   - binding: The request's. Any number of responses may go out.
    ///   - output: Receives the protected body. Unchanged on error.
    /// - Returns: The outer Code, which is always 2.05.
    /// - Throws: ``OSCORE/ProtectionError/unsupportedOption`` also for a Max-Age of 0 or a foreign Request-Hash option;
    ///   ``OSCORE/ProtectionError/unsupportedCode`` for the Code of a request; what
    ///   ``protectGroupRequest(code:body:into:)`` throws for the rest.
    public func protectDeterministicResponse(
        code: Code, body: Span<UInt8>, to binding: DeterministicRequestBinding, into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        guard code.isResponse else { throw .unsupportedCode }
        let sender = try usableSender()
        _ = try DeterministicResponseBody(body, to: binding)
        // CACH-0012: the request was not checked for replay, so that its nonce is nobody's.
        // CACH-0016: always with the kid, as nobody can tell whether others were asked too.
        let fields = GroupResponseFields(
            partialIV: try sender.reservation.take(), includesKid: true, includesGroupID: binding.groupID != groupID)
        return try protectDeterministicResponse(code: code, body: body, to: binding, fields: fields, into: &output)
    }

    /// Protects a response with fields that the caller vouches for.
    ///
    /// - Parameter fields: With a Partial IV.
    package func protectDeterministicResponse(
        code: Code, body: Span<UInt8>, to binding: DeterministicRequestBinding, fields: GroupResponseFields,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> Code {
        guard code.isResponse else { throw .unsupportedCode }
        let sender = try usableSender()
        guard algorithms.hasGroupMode, let nonceLength = sender.groupCipher?.nonceLength else {
            throw .modeUnavailable
        }
        guard let partialIV = fields.partialIV else { throw .requestNonceUsed }
        let response = try DeterministicResponseBody(body, to: binding)
        prepareResponseOption(isGroupMode: true, fields: fields, kid: sender.senderID)
        try buffers.plaintext.fill(body.count + 1) { plaintext throws(ProtectionError) in
            _ = try Plaintext.writeInner(code: code, body: response.body.span, into: &plaintext)
        }
        // CACH-0014: an outer Observe option only where the request has one.
        try buffers.outer.fillOuter(
            DeterministicOuterOptions(includesObserve: binding.isObservation, maxAge: response.maxAge),
            body: response.body.span, optionValue: buffers.optionValue)
        let options = RequestHashOption.classIOptions(binding.requestHash)
        buffers.latest = .apart
        buffers.externalAAD.fillExternalAAD(
            group: common, binding: binding.request, classIOptions: options.span, optionValue: buffers.optionValue,
            credential: sender.credential.bytes)
        buffers.structure.fillEncStructure(around: buffers.externalAAD)
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: sender.senderID, partialIV: partialIV, count: nonceLength)
        try sealCountersigned(
            sender: sender, producer: sender.senderID, partialIV: partialIV, isRequest: false, into: &output)
        return .content
    }
}

/// A response as it is encrypted, and how long proxies may keep it.
private struct DeterministicResponseBody {
    /// Without Request-Hash option: it is elided.
    let body: [UInt8]
    // CACH-0014: the inner value, or what its absence means (RFC 7252 §5.10.5).
    /// The outer Max-Age in seconds.
    let maxAge: UInt32

    init(_ body: Span<UInt8>, to binding: DeterministicRequestBinding) throws(ProtectionError) {
        guard let stripped = RequestHashOption.removed(from: body) else { throw .malformedMessage }
        if let given = RequestHashOption.value(in: body), given != binding.requestHash { throw .unsupportedOption }
        var maxAge: UInt32 = 60
        var reader = OptionReader(body)
        while (try? reader.advance()) == true {
            guard reader.number == .maxAge else { continue }
            guard let value = OptionUInt.decode(reader.value).flatMap({ UInt32(exactly: $0) }), value != 0 else {
                throw .unsupportedOption
            }
            maxAge = value
        }
        self.body = stripped
        self.maxAge = maxAge
    }
}
