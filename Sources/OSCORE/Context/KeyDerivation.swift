public import Bytes
import CBOR
public import CryptoPrimitives

/// The key schedule that OSCORE and Group OSCORE share (RFC 8613 §3.2.1, RFC 10021 §2).
public enum KeyDerivation: Sendable {
    // OSC-0007
    /// Derives one key or Common IV: `HKDF(salt, secret, [id, id_context, alg, type, L], L)`.
    ///
    /// - Parameters:
    ///   - hash: The hash of the HKDF Algorithm.
    ///   - id: Sender ID or Recipient ID; empty for a Common IV and other keys of nobody.
    ///   - idContext: The ID Context or Gid; `nil` is encoded as null.
    ///   - algorithm: The COSE number of the algorithm that will use the output.
    ///   - type: "Key", "IV" or "SEKey".
    ///   - count: The length of the output in bytes.
    /// - Throws: ``ContextError/invalidKeyMaterial`` for a `count` that HKDF does not give: 0, or over 255 times the
    ///   digest length.
    public static func derive(
        _ hash: HashKind, salt: Span<UInt8>, secret: Span<UInt8>, id: Span<UInt8>, idContext: [UInt8]?, algorithm: Int,
        type: String, count: Int
    ) throws(ContextError) -> SecretBytes {
        let info = info(id: id, idContext: idContext, algorithm: algorithm, type: type, count: count)
        do {
            return try SecretBytes(count: count) { output throws(CryptoError) in
                try HKDF.derive(hash, salt: salt, secret: secret, info: info.span, count: count, into: &output)
            }
        } catch {
            throw .invalidKeyMaterial
        }
    }

    // OSC-0008
    /// The `info` array of a derivation, encoded.
    public static func info(id: Span<UInt8>, idContext: [UInt8]?, algorithm: Int, type: String, count: Int) -> [UInt8] {
        var info: [UInt8] = []
        CBOREncoding.write(arrayOf: 5, into: &info)
        CBOREncoding.write(bytes: id, into: &info)
        if let idContext {
            CBOREncoding.write(bytes: idContext.span, into: &info)
        } else {
            // OSC-0009
            CBOREncoding.writeNull(into: &info)
        }
        CBOREncoding.write(integer: Int64(algorithm), into: &info)
        CBOREncoding.write(text: type, into: &info)
        CBOREncoding.write(integer: Int64(count), into: &info)
        return info
    }
}
