import Bytes
import CBOR
import CryptoPrimitives

/// The subjectPublicKey of a C509 certificate, by its subjectPublicKeyAlgorithm.
internal enum C509PublicKey {
    // GOSC-0056
    /// Reads the key; any algorithm's is well-formed, few can be used.
    @_lifetime(reader: copy reader)
    internal static func read(
        _ reader: inout CBORReader, _ algorithm: C509Algorithm, _ type: C509Decoder.CertificateType
    ) throws(CBORError) -> Result<PublicKey, CredentialError> {
        guard let kind = keyKind(algorithm) else {
            try reader.skipItem()
            return .failure(.unsupportedKey)
        }
        let bytes = try reader.readBytes()
        do {
            switch kind {
            case .ed25519: return .success(.ed25519(try Ed25519PublicKey(bytes)))
            case .x25519: return .success(.x25519(try X25519PublicKey(bytes)))
            case .p256: return .success(.ec(try point(.p256, bytes, type)))
            case .p384: return .success(.ec(try point(.p384, bytes, type)))
            case .p521: return .success(.ec(try point(.p521, bytes, type)))
            }
        } catch {
            return .failure(.invalidKey)
        }
    }

    /// The registry of public key algorithms (§9.13 of the draft), as far as keys here can be of that kind.
    private static func keyKind(_ algorithm: C509Algorithm) -> KeyKind? {
        guard case .number(let number) = algorithm else { return nil }
        return KeyKind.allCases.first { Self.algorithm($0) == number }
    }

    /// The number of a kind's algorithm in the same registry.
    internal static func algorithm(_ kind: KeyKind) -> Int64 {
        switch kind {
        case .p256: 1
        case .p384: 2
        case .p521: 3
        case .x25519: 8
        case .ed25519: 12
        }
    }

    /// The content of subjectPublicKey in a natively signed certificate; points are compressed (SEC 1 §2.3.3).
    internal static func encoded(_ publicKey: PublicKey) -> [UInt8] {
        switch publicKey {
        case .ed25519(let key): return key.bytes
        case .x25519(let key): return key.bytes
        case .ec(let key):
            let yIsOdd = key.y.last.map { $0 & 1 == 1 } ?? false
            return [yIsOdd ? 3 : 2] + key.x
        }
    }

    /// First octets of points that the DER has uncompressed; natively signed certificates have no DER.
    private enum Compressed {
        static let odd: UInt8 = 0xfd
        static let even: UInt8 = 0xfe
    }

    private static func point(
        _ curve: ECCurve, _ bytes: Span<UInt8>, _ type: C509Decoder.CertificateType
    ) throws(CryptoError) -> ECPublicKey {
        guard type == .reencoded, !bytes.isEmpty, bytes[0] == Compressed.odd || bytes[0] == Compressed.even else {
            return try ECPublicKey(curve, encoded: bytes)
        }
        return try ECPublicKey(curve, x: bytes.extracting(droppingFirst: 1), yIsOdd: bytes[0] == Compressed.odd)
    }
}
