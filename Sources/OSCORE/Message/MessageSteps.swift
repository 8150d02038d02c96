package import Bytes
import COSE
import CoAP
package import CryptoPrimitives

// Scratch memory lives in a class, and a span of it cannot outlive one access. So every step that reads one piece of
// scratch memory and writes another is a function that borrows the first and changes the second.

extension Scratch {
    /// Fills with the outer options of a message.
    package mutating func fillOuter(body: Span<UInt8>, optionValue: borrowing Scratch) throws(ProtectionError) {
        try fill(body.count + optionValue.count + 4) { output throws(ProtectionError) in
            try Plaintext.writeOuter(body: body, optionValue: optionValue.bytes, into: &output)
        }
    }

    /// Fills with the Enc_structure around an `aad_array`.
    package mutating func fillEncStructure(around externalAAD: borrowing Scratch) {
        fill(EncStructure.length(externalAADLength: externalAAD.count)) { output in
            EncStructure.write(externalAAD: externalAAD.bytes, into: &output)
        }
    }

    // OSC-0058, GOSC-0119
    /// Fills with a nonce.
    package mutating func fillNonce(
        commonIV: borrowing SecretBytes, producer: SenderID, partialIV: PartialIV, count: Int
    ) {
        // As ``Nonce/write(commonIV:producer:partialIV:count:into:)`` does, with as few steps as there are fields.
        fill(count) { output in output.append(copying: commonIV.bytes.extracting(first: count)) }
        self[0] ^= UInt8(truncatingIfNeeded: producer.count)
        replaceNumber(0, with: producer.value, endingAt: count - Nonce.partialIVCount)
        replaceNumber(0, with: partialIV.value, endingAt: count)
    }

    /// Fills with the plaintext of a ciphertext; empty if the tag does not verify.
    @inline(__always)
    package mutating func fillPlaintext(
        of ciphertext: Span<UInt8>, cipher: inout AEADCipher, nonce: borrowing Scratch, aad: borrowing Scratch
    ) throws(CryptoError) {
        try fill(ciphertext.count) { output throws(CryptoError) in
            try cipher.open(ciphertext, nonce: nonce.bytes, aad: aad.bytes, into: &output)
        }
    }

    /// Appends what this holds.
    package borrowing func append(to output: inout OutputSpan<UInt8>) {
        output.append(copying: bytes)
    }

    /// Appends the message that a plaintext and the outer options around it make; what it says of itself, or `nil`.
    ///
    /// - Parameter hasOuter: False if no outer option is known to count.
    package borrowing func appendJoined(
        outer: Span<UInt8>, hasOuter: Bool = true, to output: inout OutputSpan<UInt8>
    ) -> JoinedMessage? {
        Plaintext.join(plaintext: bytes, outer: outer, hasOuter: hasOuter, into: &output)
    }
}

extension AEADCipher {
    /// Encrypts one piece of scratch memory.
    package mutating func seal(
        _ plaintext: borrowing Scratch, nonce: borrowing Scratch, aad: borrowing Scratch,
        into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        try seal(plaintext.bytes, nonce: nonce.bytes, aad: aad.bytes, into: &output)
    }
}
