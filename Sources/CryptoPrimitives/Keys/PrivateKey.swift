public import Bytes

/// The private key of a member, of any kind.
public struct PrivateKey: ~Copyable, Sendable {
    private enum Storage: ~Copyable, Sendable {
        case ed25519(Ed25519PrivateKey)
        case x25519(X25519PrivateKey)
        case ec(ECPrivateKey)
    }

    /// The public half.
    public let publicKey: PublicKey
    private let storage: Storage

    /// Takes the private part as it is stored and exchanged.
    ///
    /// - Parameter secret: The seed for Ed25519, the scalar for X25519, the scalar with the high byte first for the NIST
    ///   curves; ``KeyKind/secretLength`` bytes, in memory that the caller wipes.
    /// - Throws: ``CryptoError/invalidKey`` for another length or a scalar out of range.
    public init(_ kind: KeyKind, secret: Span<UInt8>) throws(CryptoError) {
        switch kind {
        case .ed25519:
            self.init(try Ed25519PrivateKey(seed: secret))
        case .x25519:
            let key = try X25519PrivateKey(scalar: secret)
            let publicKey = key.publicKey
            self.init(.x25519(publicKey), .x25519(key))
        case .p256, .p384, .p521:
            guard let curve = kind.curve else { throw .unsupported }
            let key = try ECPrivateKey(curve, scalar: secret)
            let publicKey = key.publicKey
            self.init(.ec(publicKey), .ec(key))
        }
    }

    /// Takes over a signing key.
    public init(_ key: consuming Ed25519PrivateKey) {
        let publicKey = key.publicKey
        self.init(.ed25519(publicKey), .ed25519(key))
    }

    private init(_ publicKey: PublicKey, _ storage: consuming Storage) {
        self.publicKey = publicKey
        self.storage = storage
    }

    /// Appends the signature of a message, in the scheme of the key's kind.
    ///
    /// - Parameter output: Must have room for ``SignatureKind/signatureLength`` bytes; unchanged on failure.
    /// - Throws: ``CryptoError/unsupported`` for X25519.
    @_lifetime(output: copy output)
    public func sign(_ message: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CryptoError) {
        switch storage {
        case .ed25519(let key): try key.sign(message, into: &output)
        case .x25519: throw .unsupported
        case .ec(let key): try key.sign(message, into: &output)
        }
    }

    /// The signature of a message, in the scheme of the key's kind: ``SignatureKind/signatureLength`` bytes.
    ///
    /// - Throws: ``CryptoError/unsupported`` for X25519; ``CryptoError/backendFailure`` if the library fails.
    public func signature(of message: Span<UInt8>) throws(CryptoError) -> [UInt8] {
        guard let length = publicKey.kind.signatureKind?.signatureLength else { throw .unsupported }
        return try [UInt8](capacity: length) { output throws(CryptoError) in
            try sign(message, into: &output)
        }
    }

    // GOSC-0068, GOSC-0287
    /// The raw Diffie-Hellman value with another member's key, to go into a key derivation and nowhere else.
    ///
    /// Ed25519 keys are mapped to Curve25519 first; all others are used as they are (RFC 10021 §2.5.1).
    ///
    /// - Returns: ``KeyKind/sharedSecretLength`` bytes.
    /// - Throws: ``CryptoError/invalidKey`` for a key of another kind; ``CryptoError/invalidPoint`` if the map is not
    ///   defined or the secret is zero.
    public func sharedSecret(with peer: PublicKey) throws(CryptoError) -> SecretBytes {
        switch storage {
        case .ed25519(let key):
            guard case .ed25519(let peer) = peer else { throw .invalidKey }
            return try key.sharedSecret(with: peer)
        case .x25519(let key):
            guard case .x25519(let peer) = peer else { throw .invalidKey }
            return try key.sharedSecret(with: peer)
        case .ec(let key):
            guard case .ec(let peer) = peer else { throw .invalidKey }
            return try key.sharedSecret(with: peer)
        }
    }
}
