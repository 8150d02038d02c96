import Bytes
import COSE
public import CoAP
import CryptoPrimitives
public import OSCORE

extension Code {
    // CACH-0010
    /// Whether a request with this Code only asks, so that it may be repeated by anybody.
    var isSafeMethod: Bool { self == .get || self == .fetch }
}

extension GroupContext {
    // draft-ietf-core-cacheable-oscore §3.4.2, step by step.
    /// Protects a deterministic request: whoever protects the same request sends the same bytes.
    ///
    /// Uses no Sender Sequence Number. Whoever receives the request learns nothing of who sent it.
    ///
    /// - Parameters:
    ///   - code: GET or FETCH.
    ///   - body: Its options and payload; without a Request-Hash option. An Observe option stays inside.
    ///   - responder: The one server it is meant for; `nil` if several servers may answer.
    ///   - isObservation: Whether the Observe option stands outside too, so that proxies see an observation.
    ///   - output: Receives the protected body. Unchanged on error.
    /// - Returns: The outer Code, which is always FETCH, and what binds the responses.
    /// - Throws: ``OSCORE/ProtectionError/unsafeMethod`` for any other method;
    ///   ``OSCORE/ProtectionError/modeUnavailable`` if the group has no Deterministic Client;
    ///   ``OSCORE/ProtectionError/unsupportedOption`` also for a Request-Hash option; what
    ///   ``protectGroupRequest(code:body:into:)`` throws for the rest, nothing about Partial IVs.
    public func protectDeterministicRequest(
        code: Code, body: Span<UInt8>, to responder: SenderID?, isObservation: Bool = false,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: DeterministicRequestBinding) {
        guard code.isSafeMethod else { throw .unsafeMethod }
        return try protectDeterministicRequest(
            uncheckedCode: code, body: body, to: responder, isObservation: isObservation, into: &output)
    }

    /// Protects a request whatever its method. Only for tests and `gosc message`.
    package func protectDeterministicRequest(
        uncheckedCode code: Code, body: Span<UInt8>, to responder: SenderID?, isObservation: Bool,
        into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) -> (outerCode: Code, binding: DeterministicRequestBinding) {
        _ = try usableSender()
        guard let deterministic else { throw .modeUnavailable }
        guard RequestHashOption.value(in: body) == nil else { throw .unsupportedOption }
        let client = deterministic.client.senderID
        // CACH-0003: the name of nobody, the first Partial IV, no credential.
        prepareRequestOption(isGroupMode: false, partialIV: .zero, kid: client)
        let unhashed = DeterministicRequestBinding(client: client, groupID: groupID, requestHash: [])
        try buffers.plaintext.fill(body.count + 1) { plaintext throws(ProtectionError) in
            _ = try Plaintext.writeInner(code: code, body: body, into: &plaintext)
        }
        buffers.latest = .apart
        buffers.externalAAD.fillExternalAAD(
            group: common, binding: unhashed.request, classIOptions: Span(), optionValue: buffers.optionValue,
            credential: [])
        // CACH-0004
        let requestHash = deterministic.requestHash(buffers)
        // CACH-0006, CACH-0007: an outer Observe option only for an observation.
        try buffers.outer.fillOuter(
            DeterministicOuterOptions(includesObserve: isObservation, requestHash: requestHash), body: body,
            optionValue: buffers.optionValue)
        try sealDeterministic(deterministic, requestHash: requestHash, into: &output)
        let binding = DeterministicRequestBinding(
            client: client, groupID: groupID, requestHash: requestHash, isObservation: isObservation,
            keyGeneration: keyGeneration, intendedResponder: responder)
        return (.fetch, binding)
    }

    /// Encrypts under the key of this one request; appends outer options, 0xff, ciphertext.
    private func sealDeterministic(
        _ deterministic: DeterministicClientContext, requestHash: [UInt8], into output: inout OutputSpan<UInt8>
    ) throws(ProtectionError) {
        buffers.structure.fillEncStructure(around: buffers.externalAAD)
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: deterministic.client.senderID, partialIV: .zero,
            count: deterministic.kind.nonceLength)
        var cipher: AEADCipher
        do {
            cipher = try deterministic.cipher(requestHash.span, common: common)
        } catch {
            throw .cryptography
        }
        guard buffers.outer.count + 1 + buffers.plaintext.count + cipher.tagLength <= output.freeCapacity else {
            throw .tooLong
        }
        buffers.outer.append(to: &output)
        output.append(0xff)
        do {
            try cipher.seal(buffers.plaintext, nonce: buffers.nonce, aad: buffers.structure, into: &output)
        } catch {
            output.removeLast(buffers.outer.count + 1)
            throw error == .invalidLength ? .tooLong : .cryptography
        }
    }
}
