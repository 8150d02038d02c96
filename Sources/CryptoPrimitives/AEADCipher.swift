import CLibCrypto

/// An AEAD cipher under one key, with its cipher contexts kept: a message resets the nonce and allocates nothing.
///
/// Keying costs about three times as much as a short message, which is why a context owns one of these for each key. It may
/// move between threads; using it takes exclusive access. That a nonce is used once per key is up to the caller.
@safe
public struct AEADCipher: ~Copyable, Sendable {
    /// The shape of the cipher.
    public let kind: AEADKind
    /// How long a nonce must be, in bytes.
    public let nonceLength: Int
    /// How much longer a ciphertext is than its plaintext, in bytes.
    public let tagLength: Int
    /// The longest plaintext of one message, in bytes.
    public let maximumPlaintextLength: Int
    private let encryption: CipherContext
    private let decryption: CipherContext

    private init(kind: AEADKind, encryption: consuming CipherContext, decryption: consuming CipherContext) {
        self.kind = kind
        // Asked for every message, so worked out once.
        self.nonceLength = kind.nonceLength
        self.tagLength = kind.tagLength
        self.maximumPlaintextLength = kind.maximumPlaintextLength
        self.encryption = encryption
        self.decryption = decryption
    }

    /// Keys a cipher. OpenSSL keeps the expanded key and wipes it when this value is dropped.
    ///
    /// - Throws: ``CryptoError/unsupported`` for a shape that does not exist, ``CryptoError/invalidKey`` for a key of
    ///   another length.
    public static func make(_ kind: AEADKind, key: Span<UInt8>) throws(CryptoError) -> AEADCipher {
        guard kind.cipherName != nil else { throw .unsupported }
        guard key.count == kind.keyLength else { throw .invalidKey }
        let encryption = try CipherContext.make(kind, key: key, direction: .encryption)
        let decryption = try CipherContext.make(kind, key: key, direction: .decryption)
        return AEADCipher(kind: kind, encryption: encryption, decryption: decryption)
    }

    /// Encrypts and appends ciphertext | tag.
    ///
    /// - Parameters:
    ///   - plaintext: At most ``AEADKind/maximumPlaintextLength`` bytes.
    ///   - nonce: ``nonceLength`` bytes, never used before under this key.
    ///   - aad: The associated data.
    ///   - output: Must have room for `plaintext.count + tagLength` bytes; unchanged on failure.
    /// - Throws: ``CryptoError/invalidNonce`` for a nonce of another length; ``CryptoError/invalidLength`` for a
    ///   plaintext or associated data that are too long, or too little room; ``CryptoError/backendFailure`` or
    ///   ``CryptoError/authenticationFailed`` if OpenSSL fails.
    @_lifetime(output: copy output)
    public mutating func seal(
        _ plaintext: Span<UInt8>, nonce: Span<UInt8>, aad: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        guard nonce.count == nonceLength else { throw .invalidNonce }
        guard plaintext.count <= maximumPlaintextLength, aad.count <= Int(Int32.max) else { throw .invalidLength }
        try unsafe output.appendBytes(plaintext.count + tagLength) {
            (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
            try encryption.startEncryption(nonce: nonce)
            try encryption.absorb(.encryption, aad: aad, messageLength: plaintext.count)
            try unsafe plaintext.withBase { (base: UnsafePointer<UInt8>) throws(CryptoError) in
                try unsafe encryption.process(.encryption, base, plaintext.count, into: target)
            }
            try unsafe encryption.finishEncryption(writingTagTo: target + plaintext.count)
        }
    }

    /// Checks and decrypts ciphertext | tag, and appends the plaintext.
    ///
    /// Plaintext that failed the check is wiped and never seen by the caller.
    ///
    /// - Parameters:
    ///   - ciphertext: Ciphertext | tag.
    ///   - nonce: ``nonceLength`` bytes.
    ///   - aad: The associated data.
    ///   - output: Must have room for `ciphertext.count - tagLength` bytes; unchanged on failure.
    /// - Throws: ``CryptoError/authenticationFailed`` if anything differs from what was sealed;
    ///   ``CryptoError/invalidNonce`` for a nonce of another length; ``CryptoError/invalidLength`` for a ciphertext
    ///   that is shorter than its tag or too long, associated data that are too long, or too little room;
    ///   ``CryptoError/backendFailure`` if OpenSSL fails.
    @_lifetime(output: copy output)
    public mutating func open(
        _ ciphertext: Span<UInt8>, nonce: Span<UInt8>, aad: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        guard nonce.count == nonceLength else { throw .invalidNonce }
        let count = ciphertext.count - tagLength
        guard count >= 0, count <= maximumPlaintextLength, aad.count <= Int(Int32.max) else {
            throw .invalidLength
        }
        try unsafe output.appendBytes(count) { (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
            try decryption.startDecryption(nonce: nonce, expecting: ciphertext.extracting(droppingFirst: count))
            try decryption.absorb(.decryption, aad: aad, messageLength: count)
            try unsafe ciphertext.withFirst { (base: UnsafePointer<UInt8>) throws(CryptoError) in
                try unsafe decryption.process(.decryption, base, count, into: target)
            }
            try decryption.finishDecryption()
        }
    }
}
