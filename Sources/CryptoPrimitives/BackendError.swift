import CLibCrypto

/// OpenSSL queues a record for each failure and allocates for it; a forged message must not leave one behind.
internal enum BackendError {
    internal static func cleared(_ error: CryptoError) -> CryptoError {
        ERR_clear_error()
        return error
    }
}
