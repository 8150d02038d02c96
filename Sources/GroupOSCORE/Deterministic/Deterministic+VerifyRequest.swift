import Bytes
import COSE
public import CoAP
import CryptoPrimitives
public import OSCORE

/// The outcome of verifying a deterministic request (draft-ietf-core-cacheable-oscore §3.4.3).
public enum DeterministicRequestOutcome: Sendable {
    /// Made by some member, nobody knows which, and perhaps not for the first time: its Code, and what binds responses.
    case verified(Code, DeterministicRequestBinding)
    /// Made by some member, but it would change something: to be discarded, and answered with a protected 4.01.
    case unsafeDeterministic(DeterministicRequestBinding)
    /// Not accepted.
    case rejected(VerificationFailure)
}

extension GroupContext {
    // CACH-0008, CACH-0011: the Request-Hash option and the kid together; one of them alone says nothing.
    /// Whether a received request is to be verified by ``verifyDeterministicRequest(_:into:)``. Trusts nothing in it.
    public func isDeterministicRequest(_ message: borrowing ProtectedMessage) -> Bool {
        guard let deterministic, !message.option.isGroupMode, let kid = message.option.kid,
            deterministic.client.senderID.matches(kid)
        else { return false }
        return RequestHashOption.value(in: message.body) != nil
    }

    // draft-ietf-core-cacheable-oscore §3.4.3, step by step.
    /// Verifies a deterministic request. It may come any number of times: there is no replay window.
    ///
    /// - Parameters:
    ///   - message: The received message; trusted in nothing.
    ///   - output: Receives the body of the request; nothing unless verified. Needs room for the received body.
    public func verifyDeterministicRequest(
        _ message: borrowing ProtectedMessage, into output: inout OutputSpan<UInt8>
    ) -> DeterministicRequestOutcome {
        guard !isStateLost else { return .rejected(.stateLost) }
        // A silent server could not answer, and nothing else comes of a request that changes nothing.
        guard let deterministic, isDeterministicRequest(message), !isSilentServer else { return .rejected(.mode) }
        // CACH-0003
        guard message.option.partialIV == .zero, let kidContext = message.option.kidContext,
            let requestHash = RequestHashOption.value(in: message.body),
            requestHash.count == deterministic.hash.digestLength
        else { return .rejected(.malformed) }
        guard groupID.matches(kidContext) else { return .rejected(.noContext) }
        guard output.freeCapacity >= message.body.count else { return .rejected(.malformed) }
        let binding = DeterministicRequestBinding(
            client: deterministic.client.senderID, groupID: groupID, requestHash: requestHash,
            isObservation: RequestHashOption.observes(message.body), keyGeneration: keyGeneration,
            responderID: senderID)
        if let failure = openDeterministic(message, deterministic, binding: binding) { return .rejected(failure) }
        let start = output.count
        guard let code = buffers.plaintext.appendJoined(outer: message.body, to: &output)?.code, code.isRequest,
            RequestHashOption.value(in: output.span.extracting(droppingFirst: start)) == nil
        else {
            output.wipe(from: start)
            return .rejected(.malformed)
        }
        // CACH-0010
        guard code.isSafeMethod else {
            output.wipe(from: start)
            return .unsafeDeterministic(binding)
        }
        return .verified(code, binding)
    }

    /// Decrypts into `buffers.plaintext` under the key of the received hash, then hashes again; says what failed.
    private func openDeterministic(
        _ message: borrowing ProtectedMessage, _ deterministic: DeterministicClientContext,
        binding: DeterministicRequestBinding
    ) -> VerificationFailure? {
        var cipher: AEADCipher
        do {
            cipher = try deterministic.cipher(binding.requestHash.span, common: common)
        } catch {
            return .mode
        }
        guard message.payload.count > cipher.tagLength else { return .decryption }
        buffers.latest = .apart
        buffers.externalAAD.fillExternalAAD(
            group: common, binding: binding.request, classIOptions: Span(), optionValue: message.optionValue,
            credential: [])
        buffers.structure.fillEncStructure(around: buffers.externalAAD)
        buffers.nonce.fillNonce(
            commonIV: common.commonIV, producer: deterministic.client.senderID, partialIV: .zero,
            count: cipher.nonceLength)
        do {
            try buffers.plaintext.fillPlaintext(
                of: message.payload, cipher: &cipher, nonce: buffers.nonce, aad: buffers.structure)
        } catch {
            return .decryption
        }
        // CACH-0009: every member can make a valid tag under any hash; only the right hash keeps caches clean.
        let requestHash = deterministic.requestHash(buffers)
        guard ConstantTime.equal(requestHash.span, binding.requestHash.span) else { return .decryption }
        return nil
    }
}
