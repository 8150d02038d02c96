import CBOR
import COSE
public import CryptoPrimitives

/// The parameters of a signature or key agreement algorithm as two lists of COSE capabilities
/// (draft-ietf-ace-key-groupcomm-oscore §6.3).
public struct AlgorithmCapabilities: Hashable, Sendable {
    /// Capabilities of the algorithm, such as `[1]`: key type OKP.
    public let algorithm: [Int]
    /// Capabilities of the key type, such as `[1, 6]`: key type OKP, curve Ed25519.
    public let key: [Int]

    public init(algorithm: [Int], key: [Int]) {
        self.algorithm = algorithm
        self.key = key
    }

    // GM-0115: [[1], [1, 6]] and [[1], [1, 4]].
    /// EdDSA with Ed25519.
    public static let ed25519 = Self(algorithm: [1], key: [1, 6])
    /// ECDH with X25519.
    public static let x25519 = Self(algorithm: [1], key: [1, 4])

    /// Those of the algorithms for a kind of keys: the key type, then key type and curve.
    public init(_ kind: KeyKind) {
        self.init(algorithm: Array(kind.capabilities.prefix(1)), key: kind.capabilities)
    }

    /// Whether the parameters are those of a kind of keys.
    public func names(_ kind: KeyKind) -> Bool { key == kind.capabilities }

    init?(_ value: CBORValue) {
        guard let parts = value.arrayItems, parts.count == 2, let algorithm = parts[0].integers,
            let key = parts[1].integers
        else { return nil }
        self.init(algorithm: algorithm, key: key)
    }

    var value: CBORValue {
        .array([.array(algorithm.map { CBORValue($0) }), .array(key.map { CBORValue($0) })])
    }
}
