import Bytes
import CBOR
import COSE
import CryptoPrimitives
import OSCORE

// As in OSCORE: each step borrows one piece of scratch memory and changes another.

extension Scratch {
    /// Fills with the Enc_structure of an ordinary message; the start and the end of its `aad_array` are encoded already.
    ///
    /// - Returns: Where request_piv ends in it, and where the option value begins.
    @discardableResult
    mutating func fillEncStructure(
        head: [UInt8], request: RequestBinding, groupID: GroupID, optionValue: Span<UInt8>, tail: [UInt8]
    ) -> (requestPartialIVEnd: Int, optionValueStart: Int) {
        let length =
            head.count + GroupExternalAAD.requestLength(request, groupID: groupID)
            + CBOREncoding.stringLength(optionValue.count)
            + tail.count
        fill(EncStructure.length(externalAADLength: length)) { output in
            EncStructure.writeHead(externalAADLength: length, into: &output)
            output.append(copying: head.span)
            GroupExternalAAD.writeRequest(request, groupID: groupID, classIOptions: Span(), into: &output)
            CBOREncoding.write(bytes: optionValue, into: &output)
            output.append(copying: tail.span)
        }
        return (
            count - length + head.count + GroupExternalAAD.requestPartialIVEnd(request),
            count - tail.count - optionValue.count
        )
    }

    /// Fills with the Enc_structure of an ordinary message that is being protected.
    mutating func fillEncStructure(
        head: [UInt8], binding: GroupRequestBinding, optionValue: borrowing Scratch, tail: [UInt8]
    ) {
        fillEncStructure(
            head: head, request: binding.request, groupID: binding.groupID, optionValue: optionValue.bytes, tail: tail)
    }

    /// Fills with the `aad_array` inside an Enc_structure.
    mutating func fillExternalAAD(outOf structure: borrowing Scratch) {
        let aad = structure.bytes.extracting(droppingFirst: EncStructure.headLength(of: structure.bytes))
        fill(aad.count) { output in output.append(copying: aad) }
    }

    /// Fills with the `aad_array` of a message that carries `optionValue`.
    mutating func fillExternalAAD(
        group: borrowing some CountersigningGroup & ~Copyable, binding: GroupRequestBinding,
        classIOptions: Span<UInt8>, optionValue: Span<UInt8>, credential: [UInt8]
    ) {
        let length = GroupExternalAAD.length(
            group: group, binding: binding, classIOptions: classIOptions, optionValue: optionValue,
            senderCredential: credential.span)
        fill(length) { output in
            GroupExternalAAD.write(
                group: group, binding: binding, classIOptions: classIOptions, optionValue: optionValue,
                senderCredential: credential.span, into: &output)
        }
    }

    /// Fills with the `aad_array` of a message that is being protected.
    mutating func fillExternalAAD(
        group: borrowing some CountersigningGroup & ~Copyable, binding: GroupRequestBinding,
        classIOptions: Span<UInt8>, optionValue: borrowing Scratch, credential: [UInt8]
    ) {
        fillExternalAAD(
            group: group, binding: binding, classIOptions: classIOptions, optionValue: optionValue.bytes,
            credential: credential)
    }

    /// Fills with the Countersign_structure over a received ciphertext.
    mutating func fillCountersignStructure(
        group: borrowing some CountersigningGroup & ~Copyable, externalAAD: borrowing Scratch,
        ciphertext: Span<UInt8>
    ) {
        let itemCount = group.countersignItems
        let length = CountersignStructure.length(
            externalAADLength: externalAAD.count, ciphertextLength: ciphertext.count, itemCount: itemCount)
        fill(length) { output in
            CountersignStructure.write(
                externalAAD: externalAAD.bytes, ciphertext: ciphertext, itemCount: itemCount, into: &output)
        }
    }

    /// Fills with the Countersign_structure over the ciphertext of a message that is being protected.
    mutating func fillCountersignStructure(
        group: borrowing some CountersigningGroup & ~Copyable, externalAAD: borrowing Scratch,
        ciphertext: borrowing Scratch
    ) {
        fillCountersignStructure(group: group, externalAAD: externalAAD, ciphertext: ciphertext.bytes)
    }

    /// Fills with a countersignature in the clear; it must not leave like that.
    mutating func fillSignature(
        over structure: borrowing Scratch, by key: borrowing PrivateKey, count: Int
    ) throws(CryptoError) {
        try fill(count) { output throws(CryptoError) in
            try key.sign(structure.bytes, into: &output)
        }
    }

    /// Fills with `signature` combined with a keystream of the same length.
    mutating func fillCombined(_ signature: Span<UInt8>, with keystream: borrowing Scratch) {
        fill(signature.count) { output in
            Self.combine(signature, keystream.bytes, into: &output)
        }
    }

    // GOSC-0113
    /// Appends what this holds combined with a keystream of the same length.
    borrowing func appendCombined(with keystream: borrowing Scratch, to output: inout OutputSpan<UInt8>) {
        Self.combine(bytes, keystream.bytes, into: &output)
    }

    /// Whether this holds a signature over `structure`.
    borrowing func isSignature(over structure: borrowing Scratch, by key: PublicKey) -> Bool {
        key.isValidSignature(bytes, for: structure.bytes)
    }

    /// Fills with the keystream of one countersignature.
    mutating func fillKeystream(
        deriver: inout HKDFDeriver, salt: borrowing Scratch, secret: borrowing SecretBytes, info: borrowing Scratch,
        count: Int
    ) throws(CryptoError) {
        try fill(count) { output throws(CryptoError) in
            try deriver.derive(
                salt: salt.bytes, secret: secret.bytes, info: info.bytes, count: count, into: &output)
        }
    }

    // GOSC-0139
    private static func combine(
        _ signature: Span<UInt8>, _ keystream: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) {
        for index in signature.indices {
            output.append(signature[index] ^ keystream[index])
        }
    }
}
