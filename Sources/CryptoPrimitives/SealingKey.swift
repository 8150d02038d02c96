public import Bytes
import CSodium

/// A key that secrets are sealed under before they are stored: XChaCha20-Poly1305 with a random nonce.
///
/// The nonce of 24 bytes is long enough to be drawn at random for every sealing.
public struct SealingKey: ~Copyable, Sendable {
    /// How long a key is, in bytes.
    public static let length = 32

    /// How much longer a sealed secret is than the secret, in bytes: nonce and tag.
    public static let overhead = nonceLength + tagLength

    private static let nonceLength = 24
    private static let tagLength = 16

    private let key: SecretBytes

    /// Takes a key.
    ///
    /// - Parameter bytes: 32 bytes, in memory that the caller wipes.
    /// - Throws: ``CryptoError/invalidKey`` for another length.
    public init(_ bytes: Span<UInt8>) throws(CryptoError) {
        guard bytes.count == Self.length else { throw .invalidKey }
        try Sodium.requireReady()
        self.key = SecretBytes(copying: bytes)
    }

    /// Draws a new key.
    ///
    /// - Throws: ``CryptoError/backendFailure`` if libsodium cannot start.
    public static func generate(using random: inout some RandomNumberGenerator) throws(CryptoError) -> SealingKey {
        let bytes = random.secretBytes(length)
        return try SealingKey(bytes.bytes)
    }

    /// The key, lent for writing it to its file.
    public var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { key.bytes }
    }

    /// Seals a secret.
    ///
    /// - Parameters:
    ///   - plaintext: The secret.
    ///   - context: Where it belongs, such as table, row and column; needed again for opening.
    ///   - random: Gives the nonce.
    /// - Returns: Nonce | ciphertext | tag.
    /// - Throws: ``CryptoError/backendFailure`` if libsodium fails.
    public func seal(
        _ plaintext: Span<UInt8>, context: Span<UInt8>, using random: inout some RandomNumberGenerator
    ) throws(CryptoError) -> [UInt8] {
        let nonce = random.bytes(Self.nonceLength)
        return try [UInt8](capacity: plaintext.count + Self.overhead) {
            (output: inout OutputSpan<UInt8>) throws(CryptoError) in
            output.append(copying: nonce.span)
            try unsafe output.appendBytes(plaintext.count + Self.tagLength) {
                (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
                let done = unsafe plaintext.withBase { plaintextBase in
                    unsafe context.withBase { contextBase in
                        unsafe nonce.span.withBase { nonceBase in
                            unsafe key.bytes.withBase { keyBase in
                                unsafe crypto_aead_xchacha20poly1305_ietf_encrypt(
                                    target, nil, plaintextBase, UInt64(plaintext.count), contextBase,
                                    UInt64(context.count), nil, nonceBase, keyBase)
                            }
                        }
                    }
                }
                guard done == 0 else { throw .backendFailure }
            }
        }
    }

    /// Opens what ``seal(_:context:using:)`` made.
    ///
    /// - Parameters:
    ///   - sealed: Nonce | ciphertext | tag.
    ///   - context: The one given when sealing.
    /// - Throws: ``CryptoError/authenticationFailed`` for another key, another context or changed bytes;
    ///   ``CryptoError/invalidLength`` for fewer than ``overhead`` bytes.
    public func open(_ sealed: Span<UInt8>, context: Span<UInt8>) throws(CryptoError) -> SecretBytes {
        guard sealed.count >= Self.overhead else { throw .invalidLength }
        let nonce = sealed.extracting(first: Self.nonceLength)
        let body = sealed.extracting(droppingFirst: Self.nonceLength)
        let count = body.count - Self.tagLength
        return try SecretBytes(count: count) { (output: inout OutputSpan<UInt8>) throws(CryptoError) in
            try unsafe output.appendBytes(count) { (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
                let done = unsafe body.withBase { bodyBase in
                    unsafe context.withBase { contextBase in
                        unsafe nonce.withBase { nonceBase in
                            unsafe key.bytes.withBase { keyBase in
                                unsafe crypto_aead_xchacha20poly1305_ietf_decrypt(
                                    target, nil, nil, bodyBase, UInt64(body.count), contextBase,
                                    UInt64(context.count), nonceBase, keyBase)
                            }
                        }
                    }
                }
                guard done == 0 else { throw .authenticationFailed }
            }
        }
    }
}
