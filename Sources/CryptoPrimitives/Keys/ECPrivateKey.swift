public import Bytes
import CLibCrypto

/// A private key on a NIST curve.
public struct ECPrivateKey: ~Copyable, Sendable {
    /// The public half, computed from the scalar.
    public let publicKey: ECPublicKey

    /// Takes a scalar.
    ///
    /// - Parameter scalar: High byte first, ``ECCurve/fieldLength`` bytes, in memory that the caller wipes.
    /// - Throws: ``CryptoError/invalidKey`` for another length, for zero, and from the order of the curve upwards.
    public init(_ curve: ECCurve, scalar: Span<UInt8>) throws(CryptoError) {
        guard scalar.count == curve.fieldLength else { throw .invalidKey }
        let point = try curve.publicPoint(of: scalar)
        let lowByteFirst = SecretBytes(count: scalar.count) { output in
            for index in scalar.indices { output.append(scalar[scalar.count - 1 - index]) }
        }
        let handle = try KeyHandle.make(curve, point: point.span, scalar: lowByteFirst.bytes)
        let (x, y) = (point[1...curve.fieldLength], point[(1 + curve.fieldLength)...])
        self.publicKey = ECPublicKey(curve, x: Array(x), y: Array(y), handle: handle)
    }

    /// Appends an ECDSA signature, r | s in the width of the curve, of a message hashed with ``ECCurve/signatureHash``.
    ///
    /// OpenSSL mixes the private key, the message and fresh randomness into the per-message number (GOSC-0285).
    ///
    /// - Parameter output: Must have room for ``SignatureKind/signatureLength`` bytes; unchanged on failure.
    /// - Throws: ``CryptoError/invalidLength`` for too little room; ``CryptoError/backendFailure`` if OpenSSL fails.
    @_lifetime(output: copy output)
    public func sign(_ message: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CryptoError) {
        let curve = publicKey.curve
        guard output.freeCapacity >= 2 * curve.fieldLength else { throw .invalidLength }
        let digest = curve.signatureHash.hash(message)
        var encoded = InlineArray<141, UInt8>(repeating: 0)
        var count = ECDSASignature.maximumLength
        var span = encoded.mutableSpan
        try unsafe publicKey.handle.withOperation { context throws(CryptoError) in
            guard unsafe EVP_PKEY_sign_init(context) == 1 else { throw .backendFailure }
            let done = unsafe span.withUnsafeMutableBufferPointer { buffer in
                unsafe EVP_PKEY_sign(context, buffer.baseAddress, &count, digest, digest.count)
            }
            guard done == 1 else { throw .backendFailure }
        }
        try ECDSASignature.decode(
            encoded.span.extracting(first: count), width: curve.fieldLength, into: &output)
    }

    /// The raw Diffie-Hellman value with another member's key: the x-coordinate, ``ECCurve/fieldLength`` bytes.
    ///
    /// The cofactor of these curves is 1, so this is cofactor Diffie-Hellman.
    ///
    /// - Throws: ``CryptoError/invalidKey`` for a key on another curve.
    public func sharedSecret(with peer: ECPublicKey) throws(CryptoError) -> SecretBytes {
        let curve = publicKey.curve
        guard peer.curve == curve else { throw .invalidKey }
        return try SecretBytes(count: curve.fieldLength) { (output: inout OutputSpan<UInt8>) throws(CryptoError) in
            try unsafe output.appendBytes(curve.fieldLength) {
                (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
                try unsafe publicKey.handle.withOperation { context throws(CryptoError) in
                    var count = curve.fieldLength
                    // The peer's key was validated when it was taken in; doing it again would double the cost.
                    guard unsafe EVP_PKEY_derive_init(context) == 1,
                        unsafe EVP_PKEY_derive_set_peer_ex(context, peer.handle.key, 0) == 1,
                        unsafe EVP_PKEY_derive(context, target, &count) == 1, count == curve.fieldLength
                    else { throw .invalidPoint }
                }
            }
        }
    }
}
