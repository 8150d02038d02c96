import Bytes
import CSodium

/// A public key of Ed25519 (RFC 8032), known to be usable.
public struct Ed25519PublicKey: Hashable, Sendable {
    /// How long a key is, in bytes.
    public static let length = 32

    /// How long a signature is, in bytes.
    public static let signatureLength = 64

    /// The encoded point, 32 bytes.
    public let bytes: [UInt8]

    /// Takes an encoded point.
    ///
    /// Costs about 30 µs: a point of small order would make signatures valid for any message, so it is looked for once,
    /// here.
    ///
    /// - Parameter bytes: 32 bytes.
    /// - Throws: ``CryptoError/invalidKey`` for another length; ``CryptoError/invalidPoint`` unless it is the canonical
    ///   encoding of a point of the prime-order subgroup.
    public init(_ bytes: Span<UInt8>) throws(CryptoError) {
        guard bytes.count == Self.length else { throw .invalidKey }
        try Sodium.requireReady()
        guard unsafe bytes.withBase({ unsafe crypto_core_ed25519_is_valid_point($0) }) == 1 else {
            throw .invalidPoint
        }
        self.bytes = [UInt8](copying: bytes)
    }

    /// Whether a signature over a message is this key's. Any other length than 64 bytes is not.
    ///
    /// Refuses s ≥ L (RFC 8032 §5.1.7), so that nobody can turn one valid signature into another, and R of small order.
    public func isValidSignature(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard signature.count == Self.signatureLength else { return false }
        return unsafe signature.withBase { signature in
            unsafe message.withBase { base in
                unsafe bytes.span.withBase { key in
                    unsafe crypto_sign_verify_detached(signature, base, UInt64(message.count), key) == 0
                }
            }
        }
    }
}
