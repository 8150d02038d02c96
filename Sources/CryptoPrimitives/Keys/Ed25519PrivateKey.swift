import Bytes
import CSodium

/// A private key of Ed25519 (RFC 8032).
public struct Ed25519PrivateKey: ~Copyable, Sendable {
    /// How long a seed is, in bytes.
    public static let seedLength = 32

    /// The public half.
    public let publicKey: Ed25519PublicKey
    /// libsodium's form: seed | public key.
    private let secret: SecretBytes

    /// Takes a seed.
    ///
    /// - Parameter seed: 32 bytes, in memory that the caller wipes.
    /// - Throws: ``CryptoError/invalidKey`` for another length.
    public init(seed: Span<UInt8>) throws(CryptoError) {
        guard seed.count == Self.seedLength else { throw .invalidKey }
        try Sodium.requireReady()
        var publicBytes = [UInt8](repeating: 0, count: Ed25519PublicKey.length)
        let secret = try SecretBytes(count: 64) { (output: inout OutputSpan<UInt8>) throws(CryptoError) in
            try unsafe output.appendBytes(64) { (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
                guard
                    unsafe seed.withBase({ unsafe crypto_sign_seed_keypair(&publicBytes, target, $0) }) == 0
                else { throw .backendFailure }
            }
        }
        self.publicKey = Ed25519PublicKey(derived: publicBytes)
        self.secret = secret
    }

    /// Draws a new key.
    ///
    /// - Throws: What ``init(seed:)`` throws, though every seed has the right length.
    public static func generate(
        using random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> Ed25519PrivateKey {
        let seed = random.secretBytes(seedLength)
        return try Ed25519PrivateKey(seed: seed.bytes)
    }

    /// The 32 bytes that the key was made from, lent for sealing.
    public var seed: Span<UInt8> {
        @_lifetime(borrow self)
        get { secret.bytes.extracting(first: Self.seedLength) }
    }

    /// Appends the signature of a message: 64 bytes, always the same for the same message.
    ///
    /// - Parameter output: Must have room for 64 bytes; unchanged on failure.
    /// - Throws: ``CryptoError/invalidLength`` for too little room; ``CryptoError/backendFailure`` if libsodium fails.
    @_lifetime(output: copy output)
    public func sign(_ message: Span<UInt8>, into output: inout OutputSpan<UInt8>) throws(CryptoError) {
        try unsafe output.appendBytes(Ed25519PublicKey.signatureLength) {
            (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
            // GOSC-0115, GOSC-0360: over the message itself, not over a hash of it.
            let done = unsafe message.withBase { base in
                unsafe secret.bytes.withBase { key in
                    unsafe crypto_sign_detached(target, nil, base, UInt64(message.count), key)
                }
            }
            guard done == 0 else { throw .backendFailure }
        }
    }
}
