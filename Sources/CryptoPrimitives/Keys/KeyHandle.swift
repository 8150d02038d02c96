import Bytes
import CLibCrypto

/// One `EVP_PKEY` on a NIST curve. OpenSSL only reads it after it was made, so threads may share it.
@safe
internal final class KeyHandle: Sendable {
    internal nonisolated(unsafe) let key: OpaquePointer

    private init(taking key: OpaquePointer) {
        unsafe self.key = key
    }

    deinit {
        // Wipes the private part.
        unsafe EVP_PKEY_free(key)
    }

    /// Imports a key and validates the point in full.
    ///
    /// - Parameters:
    ///   - point: The public key in the form of SEC 1 §2.3.3.
    ///   - scalar: The private key, low byte first; empty for a public key alone.
    internal static func make(
        _ curve: ECCurve, point: Span<UInt8>, scalar: Span<UInt8>
    ) throws(CryptoError) -> KeyHandle {
        guard let importer = unsafe EVP_PKEY_CTX_new_from_name(nil, "EC", nil) else {
            throw BackendError.cleared(.backendFailure)
        }
        defer { unsafe EVP_PKEY_CTX_free(importer) }
        guard unsafe EVP_PKEY_fromdata_init(importer) == 1 else { throw BackendError.cleared(.backendFailure) }
        var imported: OpaquePointer?
        let done = unsafe point.withBase { pointBase in
            unsafe scalar.withBase { scalarBase in
                var parameters = unsafe (
                    OSSL_PARAM_construct_utf8_string(
                        ParameterName.group.characters, UnsafeMutablePointer(mutating: curve.groupName.characters), 0),
                    OSSL_PARAM_construct_octet_string(
                        ParameterName.publicKey.characters, UnsafeMutablePointer(mutating: pointBase), point.count),
                    // An end here leaves the private key out.
                    scalar.isEmpty
                        ? OSSL_PARAM_construct_end()
                        : OSSL_PARAM_construct_BN(
                            ParameterName.privateKey.characters, UnsafeMutablePointer(mutating: scalarBase),
                            scalar.count),
                    OSSL_PARAM_construct_end()
                )
                return unsafe withUnsafeMutableBytes(of: &parameters) { raw in
                    unsafe EVP_PKEY_fromdata(
                        importer, &imported, scalar.isEmpty ? gosc_public_key_selection : gosc_key_pair_selection,
                        raw.baseAddress?.assumingMemoryBound(to: OSSL_PARAM.self))
                }
            }
        }
        guard done == 1, let key = unsafe imported else { throw BackendError.cleared(.invalidPoint) }
        let handle = unsafe KeyHandle(taking: key)
        // GOSC-0359: coordinates in range, on the curve, not infinity, of the right order.
        try unsafe handle.withOperation { (context: OpaquePointer) throws(CryptoError) in
            guard unsafe EVP_PKEY_public_check(context) == 1 else { throw .invalidPoint }
        }
        return handle
    }

    /// Lends a new operation context for this key. OpenSSL queues a record for each failure; none stays behind.
    internal func withOperation<Result>(
        _ body: (OpaquePointer) throws(CryptoError) -> Result
    ) throws(CryptoError) -> Result {
        guard let context = unsafe EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else {
            throw BackendError.cleared(.backendFailure)
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        do throws(CryptoError) {
            return try unsafe body(context)
        } catch {
            throw BackendError.cleared(error)
        }
    }

    /// The names of openssl/core_names.h; see ``HKDFDeriver``.
    private enum ParameterName {
        static let group: StaticString = "group"
        static let publicKey: StaticString = "pub"
        static let privateKey: StaticString = "priv"
    }
}
