import CBOR
import CryptoPrimitives

/// A COSE_Key that holds a public key (RFC 9053 §7): OKP with Ed25519 or X25519, EC2 with P-256, P-384 or P-521.
internal enum COSEKey {
    private enum Label {
        static let keyType: Int64 = 1
        static let algorithm: Int64 = 3
        static let curve: Int64 = -1
        static let x: Int64 = -2
        static let y: Int64 = -3
        static let d: Int64 = -4
    }

    /// Builds `{1: 1, -1: crv, -2: x}` or `{1: 2, -1: crv, -2: x, -3: y}`.
    internal static func value(of publicKey: PublicKey) -> CBORValue {
        let curve = COSECurve(publicKey.kind)
        var map = CBORMap()
        map[Label.keyType] = CBORValue(curve.keyType.rawValue)
        map[Label.curve] = CBORValue(curve.rawValue)
        switch publicKey {
        case .ed25519(let key): map[Label.x] = .bytes(key.bytes)
        case .x25519(let key): map[Label.x] = .bytes(key.bytes)
        case .ec(let key):
            map[Label.x] = .bytes(key.x)
            map[Label.y] = .bytes(key.y)
        }
        return .map(map)
    }

    /// Takes the public key out; `kid`, `alg` and labels of no interest may be present.
    internal static func publicKey(in key: CBORMap) throws(CredentialError) -> PublicKey {
        guard key[Label.d] == nil else { throw .containsPrivateKey }
        // GOSC-0053: full algorithm information. GOSC-0055: kty and crv identify the key.
        guard let type = key[Label.keyType] else { throw .incompleteKey }
        // GOSC-0358: RSA keys are none of these.
        guard let type = type.integer.flatMap(COSEKeyType.init(rawValue:)) else { throw .unsupportedKey }
        guard let curve = key[Label.curve] else { throw .incompleteKey }
        guard let curve = curve.integer.flatMap(COSECurve.init(rawValue:)), curve.keyType == type else {
            throw .unsupportedKey
        }
        if let algorithm = key[Label.algorithm] {
            guard let number = algorithm.integer, curve.keyKind.allows(algorithm: number) else { throw .unsupportedKey }
        }
        guard let x = key[Label.x]?.byteString else { throw .incompleteKey }
        // Only octet key pairs do without; a value of another type is refused below.
        let y = key[Label.y]
        guard type == .octetKeyPair || y != nil else { throw .incompleteKey }
        do throws(CryptoError) {
            switch curve {
            case .ed25519: return .ed25519(try Ed25519PublicKey(x.span))
            case .x25519: return .x25519(try X25519PublicKey(x.span))
            case .p256: return .ec(try point(.p256, x, y))
            case .p384: return .ec(try point(.p384, x, y))
            case .p521: return .ec(try point(.p521, x, y))
            }
        } catch .unsupported {
            throw .incompleteKey
        } catch {
            throw .invalidKey
        }
    }

    /// A y that is a truth value is the sign bit of a compressed point (RFC 9053 §7.1.1).
    private static func point(
        _ curve: ECCurve, _ x: [UInt8], _ y: CBORValue?
    ) throws(CryptoError) -> ECPublicKey {
        switch y {
        case .bytes(let y): try ECPublicKey(curve, x: x.span, y: y.span)
        case .bool(let isOdd): try ECPublicKey(curve, x: x.span, yIsOdd: isOdd)
        default: throw .unsupported
        }
    }
}

extension KeyKind {
    /// Whether a key may say that it is for this COSE algorithm: its own signatures, or key agreement if others do the
    /// same. Ed25519 keys say EdDSA even if they agree on secrets as well.
    fileprivate func allows(algorithm number: Int64) -> Bool {
        guard let rawValue = Int(exactly: number) else { return false }
        if let signatureKind, SignatureAlgorithm(rawValue: rawValue).signatureKind == signatureKind { return true }
        return self != .ed25519 && PairwiseKeyAgreementAlgorithm(rawValue: rawValue).hkdf != nil
    }
}
