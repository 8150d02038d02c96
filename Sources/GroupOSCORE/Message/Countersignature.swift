import Bytes
import COSE
import CryptoPrimitives
import OSCORE

/// What of a group goes into its countersignatures: no more than a signature checker may know (RFC 10021 §7.5).
protocol CountersigningGroup: ~Copyable {
    var algorithms: GroupAlgorithms { get }
    /// The Group Manager's credential, exactly as distributed.
    var managerCredential: [UInt8] { get }
    var groupID: GroupID { get }
    /// Four or five items in a Countersign_structure.
    var countersignItems: CountersignStructure.ItemCount { get }
}

extension GroupCommonContext: CountersigningGroup {}

/// Who is said to have countersigned a message, and which Partial IV is in effect.
struct Countersigner {
    let credential: AuthenticationCredential
    /// Sender ID of whoever generated the Partial IV in effect.
    let producer: SenderID
    let partialIV: PartialIV
    let isRequest: Bool
}

extension MessageBuffers {
    /// Reveals and verifies the countersignature of a received message; members and signature checkers do the same.
    ///
    /// Fills ``externalAAD`` and ``structure``. Nothing is decrypted.
    ///
    /// - Returns: The ciphertext that the signature covers, tag included.
    @_lifetime(copy message)
    func verifiedCiphertext(
        of message: borrowing ProtectedMessage, group: borrowing some CountersigningGroup & ~Copyable,
        key: borrowing SecretBytes, deriver: inout HKDFDeriver, signer: Countersigner,
        binding: GroupRequestBinding, classIOptions: Span<UInt8>
    ) throws(VerificationFailure) -> Span<UInt8> {
        guard let signatureLength = group.algorithms.signature?.signatureLength,
            let tagLength = group.algorithms.groupEncryption?.tagLength
        else { throw .mode }
        // GOSC-0138: no separator between ciphertext and countersignature.
        let ciphertextCount = message.payload.count - signatureLength
        guard ciphertextCount > tagLength else { throw .malformed }
        let ciphertext = message.payload.extracting(first: ciphertextCount)
        latest = .apart
        externalAAD.fillExternalAAD(
            group: group, binding: binding, classIOptions: classIOptions, optionValue: message.optionValue,
            credential: signer.credential.bytes)
        structure.fillCountersignStructure(group: group, externalAAD: externalAAD, ciphertext: ciphertext)
        do {
            // GOSC-0239: the Signature Encryption Key is all that it takes.
            try prepareKeystream(
                groupID: group.groupID, key: key, deriver: &deriver, producer: signer.producer,
                partialIV: signer.partialIV, isRequest: signer.isRequest, count: signatureLength)
        } catch {
            throw .signature
        }
        // GOSC-0205
        signature.fillCombined(message.payload.extracting(last: signatureLength), with: keystream)
        // GOSC-0188
        guard isGenuine(signer.credential.publicKey) else { throw .signature }
        return ciphertext
    }

    /// Whether ``signature`` is a signature over ``structure``.
    private func isGenuine(_ key: PublicKey) -> Bool {
        #if GOSC_TEST_GUARDS
            if TestGuards.isOff(.signature) { return true }
        #endif
        return signature.isSignature(over: structure, by: key)
    }
}
