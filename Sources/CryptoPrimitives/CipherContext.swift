import CLibCrypto

/// One keyed `EVP_CIPHER_CTX` for one direction, reused for every message.
@safe
internal struct CipherContext: ~Copyable, Sendable {
    internal enum Direction: Int32 {
        case decryption = 0
        case encryption = 1
    }

    // Reached through mutating methods of the one owner only.
    private nonisolated(unsafe) let context: OpaquePointer
    private let wantsLengthFirst: Bool
    private let tagLength: Int32

    private init(taking context: OpaquePointer, kind: AEADKind) {
        unsafe self.context = context
        self.wantsLengthFirst = kind.wantsLengthFirst
        self.tagLength = Int32(kind.tagLength)
    }

    deinit {
        // Wipes the key schedule.
        unsafe EVP_CIPHER_CTX_free(context)
    }

    /// The caller has checked the kind and the length of the key.
    internal static func make(
        _ kind: AEADKind, key: Span<UInt8>, direction: Direction
    ) throws(CryptoError) -> CipherContext {
        guard let name = kind.cipherName else { throw .unsupported }
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw .backendFailure }
        let result = unsafe CipherContext(taking: context, kind: kind)
        guard let cipher = unsafe EVP_CIPHER_fetch(nil, name.characters, nil) else {
            throw BackendError.cleared(.unsupported)
        }
        // The context holds a reference of its own.
        defer { unsafe EVP_CIPHER_free(cipher) }
        guard unsafe EVP_CipherInit_ex(context, cipher, nil, nil, nil, direction.rawValue) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(kind.nonceLength), nil) == 1
        else { throw BackendError.cleared(.backendFailure) }
        if kind.wantsLengthFirst {
            guard unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(kind.tagLength), nil) == 1 else {
                throw BackendError.cleared(.backendFailure)
            }
        }
        guard
            unsafe key.withBase({ unsafe EVP_CipherInit_ex(context, nil, nil, $0, nil, direction.rawValue) }) == 1
        else { throw BackendError.cleared(.invalidKey) }
        return result
    }

    /// Begins a message: the key stays, the nonce is replaced.
    internal func start(nonce: Span<UInt8>) throws(CryptoError) {
        // A direction of −1 keeps the one set with the key.
        guard unsafe nonce.withBase({ unsafe EVP_CipherInit_ex(context, nil, nil, nil, $0, -1) }) == 1 else {
            throw BackendError.cleared(.backendFailure)
        }
    }

    internal func expect(tag: Span<UInt8>) throws(CryptoError) {
        let done = unsafe tag.withBase { base in
            unsafe EVP_CIPHER_CTX_ctrl(
                context, EVP_CTRL_AEAD_SET_TAG, Int32(tag.count), UnsafeMutableRawPointer(mutating: base))
        }
        guard done == 1 else { throw BackendError.cleared(.backendFailure) }
    }

    internal func absorb(aad: Span<UInt8>, messageLength: Int) throws(CryptoError) {
        var written: Int32 = 0
        if wantsLengthFirst {
            guard unsafe EVP_CipherUpdate(context, nil, &written, nil, Int32(messageLength)) == 1 else {
                throw BackendError.cleared(.backendFailure)
            }
        }
        guard !aad.isEmpty else { return }
        guard
            unsafe aad.withBase({ unsafe EVP_CipherUpdate(context, nil, &written, $0, Int32(aad.count)) }) == 1
        else { throw BackendError.cleared(.backendFailure) }
    }

    /// Runs the message through the cipher. CCM computes or checks its tag here, so it must run for an empty message too.
    internal func process(_ input: Span<UInt8>, into target: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        try unsafe input.withBase { (base: UnsafePointer<UInt8>) throws(CryptoError) in
            try unsafe process(base, input.count, into: target)
        }
    }

    /// The same; `target` may be `input`.
    internal func process(
        _ input: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard wantsLengthFirst || count > 0 else { return }
        var written: Int32 = 0
        guard unsafe EVP_CipherUpdate(context, target, &written, input, Int32(count)) == 1 else {
            throw BackendError.cleared(.authenticationFailed)
        }
    }

    internal func finishEncryption(writingTagTo tag: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        var written: Int32 = 0
        guard unsafe EVP_CipherFinal_ex(context, tag, &written) == 1,
            unsafe EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, tagLength, tag) == 1
        else { throw BackendError.cleared(.backendFailure) }
    }

    internal func finishDecryption() throws(CryptoError) {
        // CCM has checked its tag in `process`.
        guard !wantsLengthFirst else { return }
        var nothing: UInt8 = 0
        var written: Int32 = 0
        guard unsafe EVP_CipherFinal_ex(context, &nothing, &written) == 1 else {
            throw BackendError.cleared(.authenticationFailed)
        }
    }
}

extension StaticString {
    /// The text as a C string; a literal ends with a zero byte.
    internal var characters: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
