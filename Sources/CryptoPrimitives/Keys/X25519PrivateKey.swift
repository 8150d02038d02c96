public import Bytes
import CSodium

/// A private key of X25519 (RFC 7748).
public struct X25519PrivateKey: ~Copyable, Sendable {
    /// How long a scalar is, in bytes.
    public static let length = 32

    /// The public half.
    public let publicKey: X25519PublicKey
    private let scalar: SecretBytes

    /// Takes a scalar; it is clamped when it is used.
    ///
    /// - Parameter scalar: 32 bytes, in memory that the caller wipes.
    /// - Throws: ``CryptoError/invalidKey`` for another length.
    public init(scalar: Span<UInt8>) throws(CryptoError) {
        guard scalar.count == Self.length else { throw .invalidKey }
        try Sodium.requireReady()
        var publicBytes = [UInt8](repeating: 0, count: X25519PublicKey.length)
        guard unsafe scalar.withBase({ unsafe crypto_scalarmult_base(&publicBytes, $0) }) == 0 else {
            throw .invalidKey
        }
        let publicKey = try X25519PublicKey(publicBytes.span)
        self.publicKey = publicKey
        self.scalar = SecretBytes(copying: scalar)
    }

    /// The raw Diffie-Hellman value with another member's key: 32 bytes, to go into a key derivation.
    ///
    /// - Throws: ``CryptoError/invalidPoint`` if it is zero.
    public func sharedSecret(with publicKey: X25519PublicKey) throws(CryptoError) -> SecretBytes {
        try SecretBytes(count: X25519PublicKey.length) { (output: inout OutputSpan<UInt8>) throws(CryptoError) in
            try unsafe output.appendBytes(X25519PublicKey.length) {
                (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
                let done = unsafe scalar.bytes.withBase { scalar in
                    unsafe publicKey.bytes.span.withBase { unsafe crypto_scalarmult(target, scalar, $0) }
                }
                // GOSC-0076: libsodium refuses points of small order and a result of zero.
                guard done == 0 else { throw .invalidPoint }
            }
        }
    }
}
