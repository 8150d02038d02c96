import CLibCrypto

/// HKDF, extract and expand (RFC 5869).
public enum HKDF: Sendable {
    /// Derives and appends `count` bytes.
    ///
    /// - Parameters:
    ///   - hash: The hash function of the HMAC.
    ///   - salt: Not secret; empty means none.
    ///   - secret: The input keying material.
    ///   - info: What the output is for.
    ///   - count: 1 to 255 times the digest length.
    ///   - output: Must have room for `count` bytes; unchanged on failure.
    @_lifetime(output: copy output)
    public static func derive(
        _ hash: HashKind, salt: Span<UInt8>, secret: Span<UInt8>, info: Span<UInt8>, count: Int,
        into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        var deriver = try HKDFDeriver.make(hash)
        try deriver.derive(salt: salt, secret: secret, info: info, count: count, into: &output)
    }
}

/// HKDF with its OpenSSL context kept, for keys that are derived once per message.
///
/// It may move between threads; using it takes exclusive access. OpenSSL copies salt, secret and info while it works and wipes the secret.
@safe
public struct HKDFDeriver: ~Copyable, Sendable {
    /// The hash function of the HMAC.
    public let hash: HashKind
    // Reached through mutating methods only.
    private nonisolated(unsafe) let context: OpaquePointer

    private init(hash: HashKind, taking context: OpaquePointer) {
        self.hash = hash
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_KDF_CTX_free(context)
    }

    /// Prepares a context.
    ///
    /// - Throws: ``CryptoError/backendFailure``.
    public static func make(_ hash: HashKind) throws(CryptoError) -> HKDFDeriver {
        guard let algorithm = unsafe EVP_KDF_fetch(nil, "HKDF", nil) else {
            ERR_clear_error()
            throw .backendFailure
        }
        // The context holds a reference of its own.
        defer { unsafe EVP_KDF_free(algorithm) }
        guard let context = unsafe EVP_KDF_CTX_new(algorithm) else {
            ERR_clear_error()
            throw .backendFailure
        }
        return unsafe HKDFDeriver(hash: hash, taking: context)
    }

    /// Derives and appends `count` bytes.
    ///
    /// - Parameters: As in ``HKDF/derive(_:salt:secret:info:count:into:)``.
    @_lifetime(output: copy output)
    public mutating func derive(
        salt: Span<UInt8>, secret: Span<UInt8>, info: Span<UInt8>, count: Int, into output: inout OutputSpan<UInt8>
    ) throws(CryptoError) {
        guard count >= 1, count <= 255 * hash.digestLength else { throw .invalidLength }
        try unsafe output.appendBytes(count) { (target: UnsafeMutablePointer<UInt8>) throws(CryptoError) in
            let done = unsafe salt.withBase { saltBase in
                unsafe secret.withBase { secretBase in
                    unsafe info.withBase { infoBase in
                        unsafe run(
                            salt: (saltBase, salt.count), secret: (secretBase, secret.count),
                            info: (infoBase, info.count), into: target, count: count)
                    }
                }
            }
            guard done == 1 else {
                ERR_clear_error()
                throw .backendFailure
            }
        }
    }

    private func run(
        salt: (UnsafePointer<UInt8>, Int), secret: (UnsafePointer<UInt8>, Int), info: (UnsafePointer<UInt8>, Int),
        into target: UnsafeMutablePointer<UInt8>, count: Int
    ) -> Int32 {
        // Without the reset an empty salt would leave the previous one in force, and OpenSSL 3.0 crashes on some sequences.
        unsafe EVP_KDF_CTX_reset(context)
        var parameters = unsafe (
            OSSL_PARAM_construct_utf8_string(
                ParameterName.digest.characters, UnsafeMutablePointer(mutating: hash.name.characters), 0),
            OSSL_PARAM_construct_octet_string(
                ParameterName.key.characters, UnsafeMutablePointer(mutating: secret.0), secret.1),
            OSSL_PARAM_construct_octet_string(
                ParameterName.salt.characters, UnsafeMutablePointer(mutating: salt.0), salt.1),
            OSSL_PARAM_construct_octet_string(
                ParameterName.info.characters, UnsafeMutablePointer(mutating: info.0), info.1),
            OSSL_PARAM_construct_end()
        )
        return unsafe withUnsafeBytes(of: &parameters) { raw in
            unsafe EVP_KDF_derive(context, target, count, raw.baseAddress?.assumingMemoryBound(to: OSSL_PARAM.self))
        }
    }

    /// The names of openssl/core_names.h. A parameter keeps the pointer, so a `String` (as which Swift imports the macros)
    /// would dangle.
    private enum ParameterName {
        static let digest: StaticString = "digest"
        static let key: StaticString = "key"
        static let salt: StaticString = "salt"
        static let info: StaticString = "info"
    }
}
