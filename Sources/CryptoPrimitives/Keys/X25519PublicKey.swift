import Bytes
import CSodium

/// A public key of X25519 (RFC 7748), known not to be of small order.
public struct X25519PublicKey: Hashable, Sendable {
    /// How long a key is, in bytes.
    public static let length = 32

    /// The u-coordinate, 32 bytes, low byte first.
    public let bytes: [UInt8]

    /// Takes a u-coordinate.
    ///
    /// Costs one scalar multiplication. A value of p or above is used modulo p, as RFC 7748 §5 wants it.
    ///
    /// - Parameter bytes: 32 bytes.
    /// - Throws: ``CryptoError/invalidKey`` for another length; ``CryptoError/invalidPoint`` for a point of small order,
    ///   with which every private key gives the same secret, zero.
    public init(_ bytes: Span<UInt8>) throws(CryptoError) {
        guard bytes.count == Self.length else { throw .invalidKey }
        try Sodium.requireReady()
        // Clamping makes a multiple of the cofactor of any scalar, so any scalar finds every point of small order.
        var product = [UInt8](repeating: 0, count: Self.length)
        let scalar = [UInt8](repeating: 0x55, count: Self.length)
        let done = unsafe bytes.withBase { unsafe crypto_scalarmult(&product, scalar, $0) }
        guard done == 0 else { throw .invalidPoint }
        self.bytes = [UInt8](copying: bytes)
    }
}
