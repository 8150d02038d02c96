import CLibCrypto

/// One keyed `EVP_CIPHER_CTX` for one direction, reused for every message. Its steps become part of their one caller.
@safe
internal struct CipherContext: ~Copyable, Sendable {
    internal enum Direction: Int32 {
        case decryption = 0
        case encryption = 1
    }

    // Reached through mutating methods of the one owner only.
    private nonisolated(unsafe) let context: OpaquePointer
    /// Names the tag for OpenSSL, made once: the older call for it, `EVP_CIPHER_CTX_ctrl`, takes a tenth of a short message.
    private nonisolated(unsafe) let tagParameters: UnsafeMutablePointer<OSSL_PARAM>
    private let wantsLengthFirst: Bool
    private let tagLength: Int

    private init(taking context: OpaquePointer, kind: AEADKind) {
        unsafe self.context = context
        self.wantsLengthFirst = kind.wantsLengthFirst
        self.tagLength = kind.tagLength
        unsafe self.tagParameters = .allocate(capacity: 2)
        unsafe tagParameters.initialize(
            to: OSSL_PARAM_construct_octet_string(Self.tagName.characters, nil, kind.tagLength))
        unsafe (tagParameters + 1).initialize(to: OSSL_PARAM_construct_end())
    }

    deinit {
        // Wipes the key schedule.
        unsafe EVP_CIPHER_CTX_free(context)
        unsafe tagParameters.deallocate()
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
    @inline(__always)
    internal func startEncryption(nonce: Span<UInt8>) throws(CryptoError) {
        guard unsafe nonce.withFirst({ unsafe EVP_EncryptInit_ex(context, nil, nil, nil, $0) }) == 1 else {
            throw BackendError.cleared(.backendFailure)
        }
    }

    /// Begins a message whose tag is known.
    @inline(__always)
    internal func startDecryption(nonce: Span<UInt8>, expecting tag: Span<UInt8>) throws(CryptoError) {
        guard unsafe nonce.withFirst({ unsafe EVP_DecryptInit_ex(context, nil, nil, nil, $0) }) == 1 else {
            throw BackendError.cleared(.backendFailure)
        }
        // Not with the nonce: then OpenSSL looks for two more parameters among them.
        let isSet = unsafe tag.withFirst { tag in
            // OpenSSL copies the tag and changes nothing there.
            unsafe tagParameters.pointee.data = UnsafeMutableRawPointer(mutating: tag)
            return unsafe EVP_CIPHER_CTX_set_params(context, tagParameters) == 1
        }
        guard isSet else { throw BackendError.cleared(.backendFailure) }
    }

    @inline(__always)
    internal func absorb(
        _ direction: Direction, aad: Span<UInt8>, messageLength: Int
    ) throws(CryptoError) {
        if wantsLengthFirst {
            guard unsafe update(direction, nil, nil, messageLength) else {
                throw BackendError.cleared(.backendFailure)
            }
        }
        guard !aad.isEmpty else { return }
        guard unsafe aad.withFirst({ unsafe update(direction, nil, $0, aad.count) }) else {
            throw BackendError.cleared(.backendFailure)
        }
    }

    /// Runs the message through the cipher. CCM computes or checks its tag here, so it must run for an empty message too.
    @inline(__always)
    internal func process(
        _ direction: Direction, _ input: UnsafePointer<UInt8>, _ count: Int, into target: UnsafeMutablePointer<UInt8>
    ) throws(CryptoError) {
        guard wantsLengthFirst || count > 0 else { return }
        guard unsafe update(direction, target, input, count) else {
            throw BackendError.cleared(direction == .decryption ? .authenticationFailed : .backendFailure)
        }
    }

    // `EVP_CipherUpdate` would look up the direction three times a message.
    @inline(__always)
    private func update(
        _ direction: Direction, _ target: UnsafeMutablePointer<UInt8>?, _ input: UnsafePointer<UInt8>?, _ count: Int
    ) -> Bool {
        var written: Int32 = 0
        return switch direction {
        case .encryption: unsafe EVP_EncryptUpdate(context, target, &written, input, Int32(count)) == 1
        case .decryption: unsafe EVP_DecryptUpdate(context, target, &written, input, Int32(count)) == 1
        }
    }

    @inline(__always)
    internal func finishEncryption(writingTagTo tag: UnsafeMutablePointer<UInt8>) throws(CryptoError) {
        var written: Int32 = 0
        unsafe tagParameters.pointee.data = UnsafeMutableRawPointer(tag)
        guard unsafe EVP_EncryptFinal_ex(context, tag, &written) == 1,
            unsafe EVP_CIPHER_CTX_get_params(context, tagParameters) == 1
        else { throw BackendError.cleared(.backendFailure) }
    }

    @inline(__always)
    internal func finishDecryption() throws(CryptoError) {
        // CCM has checked its tag in `process`.
        guard !wantsLengthFirst else { return }
        var nothing: UInt8 = 0
        var written: Int32 = 0
        guard unsafe EVP_DecryptFinal_ex(context, &nothing, &written) == 1 else {
            throw BackendError.cleared(.authenticationFailed)
        }
    }

    /// `OSSL_CIPHER_PARAM_AEAD_TAG`.
    private static let tagName: StaticString = "tag"
}

extension StaticString {
    /// The text as a C string; a literal ends with a zero byte.
    internal var characters: UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
