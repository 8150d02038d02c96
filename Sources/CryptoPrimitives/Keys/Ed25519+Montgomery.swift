import Bytes
import CSodium

// RFC 10021 §2.5.2.1: a key pair that signs also agrees on secrets, by way of the curve's Montgomery form.

extension Ed25519PublicKey {
    /// The same point on Curve25519: u = (1 + y) / (1 − y).
    ///
    /// - Throws: ``CryptoError/invalidPoint`` where the map is not defined; no key that ``init(_:)`` accepts is such a point.
    public func montgomeryForm() throws(CryptoError) -> X25519PublicKey {
        try Sodium.requireReady()
        var mapped = [UInt8](repeating: 0, count: X25519PublicKey.length)
        // GOSC-0072, GOSC-0073: libsodium refuses y = 1 and y = −1 with all other points of small order.
        guard unsafe bytes.span.withBase({ unsafe crypto_sign_ed25519_pk_to_curve25519(&mapped, $0) }) == 0 else {
            throw .invalidPoint
        }
        return X25519PublicKey(mapped: mapped)
    }
}

extension Ed25519PrivateKey {
    /// The same key pair on Curve25519.
    ///
    /// - Throws: ``CryptoError/backendFailure`` if libsodium fails; what ``X25519PrivateKey/init(scalar:)`` throws,
    ///   though every scalar has the right length.
    public func montgomeryForm() throws(CryptoError) -> X25519PrivateKey {
        let scalar = try montgomeryScalar()
        return try X25519PrivateKey(scalar: scalar.bytes)
    }

    /// The raw Diffie-Hellman value of both keys on Curve25519; see ``X25519PrivateKey/sharedSecret(with:)``.
    internal func sharedSecret(with peer: Ed25519PublicKey) throws(CryptoError) -> SecretBytes {
        // Without the public half of the mapped key, which costs more than the secret.
        let scalar = try montgomeryScalar()
        return try X25519PrivateKey.sharedSecret(of: scalar, with: peer.montgomeryForm())
    }

    private func montgomeryScalar() throws(CryptoError) -> SecretBytes {
        try Sodium.requireReady()
        return try SecretBytes(count: X25519PrivateKey.length) {
            (output: inout OutputSpan<UInt8>) throws(CryptoError) in
            try unsafe output.appendBytes(X25519PrivateKey.length) {
                (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
                // GOSC-0074: the lower half of SHA-512(seed), never the seed itself.
                guard unsafe seed.withBase({ unsafe crypto_sign_ed25519_sk_to_curve25519(target, $0) }) == 0 else {
                    throw .backendFailure
                }
            }
        }
    }
}
