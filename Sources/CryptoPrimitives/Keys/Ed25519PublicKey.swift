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

    /// The public half of a private key, which needs no check: the scalar is a multiple of 8 from 2^254 to 2^255 − 8 (RFC 8032
    /// §5.1.5), and eight times the order of the subgroup is more than that, so its multiple of the base point is a point of
    /// the subgroup and not the neutral one; and libsodium encodes canonically.
    ///
    /// - Parameter bytes: 32 bytes, as libsodium derived them from a seed.
    init(derived bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Whether a signature over a message is this key's. Any other length than 64 bytes is not.
    ///
    /// Refuses s ≥ L (RFC 8032 §5.1.7), so that nobody can turn one valid signature into another, and R of small order.
    public func isValidSignature(_ signature: Span<UInt8>, for message: Span<UInt8>) -> Bool {
        guard signature.count == Self.signatureLength else { return false }
        // ALG-0008: libsodium looks at s and R before it computes.
        return unsafe signature.withBase { signature in
            unsafe message.withBase { base in
                unsafe bytes.span.withBase { key in
                    unsafe crypto_sign_verify_detached(signature, base, UInt64(message.count), key) == 0
                }
            }
        }
    }
}
