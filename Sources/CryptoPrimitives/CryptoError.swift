/// Why a cryptographic operation did not happen. Never says anything about keys or plaintext.
public enum CryptoError: Error, Hashable, Sendable {
    /// The tag does not match: another key, nonce, associated data or ciphertext.
    case authenticationFailed
    /// A key of the wrong length, or one that the algorithm forbids.
    case invalidKey
    /// A nonce of the wrong length.
    case invalidNonce
    /// An input or output of a length that the algorithm, or the memory lent for the result, does not allow.
    case invalidLength
    /// A public key that is not the encoding of a usable point of its curve, or a shared secret that is zero.
    case invalidPoint
    /// An algorithm or a combination of parameters that is not built.
    case unsupported
    /// The library failed for a reason of its own, such as lack of memory.
    case backendFailure
}
