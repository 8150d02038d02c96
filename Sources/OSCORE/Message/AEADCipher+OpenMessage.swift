package import Bytes
package import CryptoPrimitives

extension AEADCipher {
    /// Decrypts a message and appends the body that its sender wrote (RFC 8613 §8.2, §8.4).
    ///
    /// - Parameters:
    ///   - message: Found, not verified.
    ///   - scratch: For a plaintext that is joined with outer options.
    ///   - usesScratch: Whether there are outer options, or somebody wants to see the plaintext afterwards.
    ///   - output: Has room for the received body; unchanged on failure.
    /// - Throws: ``VerificationFailure/decryption`` if the tag does not verify, ``VerificationFailure/malformed`` if the
    ///   plaintext is not a message.
    @inline(__always)
    package mutating func openMessage(
        _ message: borrowing ProtectedMessage, nonce: borrowing Scratch, aad: borrowing Scratch,
        scratch: inout Scratch, usesScratch: Bool, into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> JoinedMessage {
        guard message.payload.count > tagLength else { throw .decryption }
        guard !usesScratch else {
            return try openAndMerge(message, nonce: nonce, aad: aad, scratch: &scratch, into: &output)
        }
        let start = output.count
        do {
            try open(message.payload, nonce: nonce.bytes, aad: aad.bytes, into: &output)
        } catch {
            throw .decryption
        }
        // The plaintext is the body behind its Code. It stands where the body belongs, one byte too far.
        guard let joined = Plaintext.inspect(output.span.extracting(droppingFirst: start)) else {
            output.wipe(from: start)
            throw .malformed
        }
        output.removeByte(at: start)
        return joined
    }

    @inline(never)
    private mutating func openAndMerge(
        _ message: borrowing ProtectedMessage, nonce: borrowing Scratch, aad: borrowing Scratch,
        scratch: inout Scratch, into output: inout OutputSpan<UInt8>
    ) throws(VerificationFailure) -> JoinedMessage {
        do {
            try scratch.fillPlaintext(of: message.payload, cipher: &self, nonce: nonce, aad: aad)
        } catch {
            throw .decryption
        }
        let start = output.count
        guard
            let joined = scratch.appendJoined(
                outer: message.body, hasOuter: message.hasUnprotectedOptions, to: &output)
        else {
            output.wipe(from: start)
            throw .malformed
        }
        return joined
    }
}
