import CLibCrypto

/// A stream cipher under one key, with its cipher context kept: a message resets the nonce and allocates nothing.
///
/// Whoever changes a ciphertext changes the plaintext at will, so this is only for messages that are signed. It may move
/// between threads; using it takes exclusive access. That a nonce is used once per key is up to the caller.
@safe
public struct StreamCipher: ~Copyable, Sendable {
    /// The shape of the cipher.
    public let kind: StreamCipherKind
    // Reached through mutating methods of the one owner only.
    private nonisolated(unsafe) let context: OpaquePointer

    private init(kind: StreamCipherKind, taking context: OpaquePointer) {
        self.kind = kind
        unsafe self.context = context
    }

    deinit {
        // Wipes the key schedule.
        unsafe EVP_CIPHER_CTX_free(context)
    }

    /// Keys a cipher. OpenSSL keeps the expanded key and wipes it when this value is dropped.
    ///
    /// - Throws: ``CryptoError/invalidKey`` for a key of another length than ``StreamCipherKind/keyLength``.
    public static func make(_ kind: StreamCipherKind, key: Span<UInt8>) throws(CryptoError) -> StreamCipher {
        guard key.count == kind.keyLength else { throw .invalidKey }
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .backendFailure }
        let result = unsafe StreamCipher(kind: kind, taking: context)
        guard let cipher = unsafe EVP_CIPHER_fetch(nil, kind.cipherName.characters, nil) else {
            throw BackendError.cleared(.unsupported)
        }
        // The context holds a reference of its own.
        defer { unsafe EVP_CIPHER_free(cipher) }
        guard unsafe key.withBase({ unsafe EVP_CipherInit_ex(context, cipher, nil, $0, nil, 1) }) == 1 else {
            throw BackendError.cleared(.invalidKey)
        }
        return result
    }

    /// Encrypts or decrypts, which is the same, and appends as many bytes as there are in `input`.
    ///
    /// - Parameters:
    ///   - input: At most ``StreamCipherKind/maximumLength`` bytes.
    ///   - nonce: ``StreamCipherKind/nonceLength`` bytes.
    ///   - output: Must have room for `input.count` bytes; unchanged on failure.
    /// - Throws: ``CryptoError/invalidNonce`` for a nonce of another length; ``CryptoError/invalidLength`` for an input
    ///   that is too long, or too little room; ``CryptoError/backendFailure`` if OpenSSL fails.
    @_lifetime(output: copy output)
    public mutating func apply(
        _ input: Span<UInt8>, nonce: Span<UInt8>, into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        guard nonce.count == kind.nonceLength else { throw .invalidNonce }
        // GOSC-0026
        guard input.count <= kind.maximumLength else { throw .invalidLength }
        try unsafe output.appendBytes(input.count) { (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
            try start(nonce: nonce)
            var done = 0
            while done < input.count {
                // OpenSSL counts in `int`.
                let part = min(input.count - done, Self.largestPart)
                let ok = unsafe input.withBase { base in
                    var written: Int32 = 0
                    return unsafe EVP_CipherUpdate(context, target + done, &written, base + done, Int32(part))
                }
                guard ok == 1 else { throw BackendError.cleared(.backendFailure) }
                done += part
            }
        }
    }

    // GOSC-0025: the first counter block is nonce | 00000000.
    private func start(nonce: Span<UInt8>) throws(CryptoError) {
        var block = InlineArray<16, UInt8>(repeating: 0)
        for index in nonce.indices { block[index] = nonce[index] }
        guard unsafe block.span.withBase({ unsafe EVP_CipherInit_ex(context, nil, nil, nil, $0, 1) }) == 1 else {
            throw BackendError.cleared(.backendFailure)
        }
    }

    /// Whole blocks.
    private static let largestPart = 1 << 30
}
