import Bytes
import CBOR

/// The `aad_array` of RFC 8613 §5.4.
enum ExternalAAD {
    // OSC-0062
    /// Appends `[1, [alg], request_kid, request_piv, h'']`; at most 23 bytes.
    static func write(
        algorithm: Int, binding: RequestBinding, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        writeHead(algorithm: algorithm, kid: binding.kid, into: &sink)
        writeTail(binding.partialIV, into: &sink)
    }

    /// Appends everything up to and with request_kid.
    static func writeHead(algorithm: Int, kid: SenderID, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        CBOREncoding.write(arrayOf: 5, into: &sink)
        CBOREncoding.write(integer: 1, into: &sink)
        CBOREncoding.write(arrayOf: 1, into: &sink)
        CBOREncoding.write(integer: Int64(algorithm), into: &sink)
        CBOREncoding.write(.bytes, UInt64(kid.count), into: &sink)
        kid.write(into: &sink)
    }

    /// Appends request_piv and options.
    static func writeTail(_ partialIV: PartialIV, into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        CBOREncoding.write(.bytes, UInt64(partialIV.encodedCount), into: &sink)
        partialIV.write(into: &sink)
        // No Class I option is defined.
        CBOREncoding.write(.bytes, 0, into: &sink)
    }

    /// How many bytes ``writeTail(_:into:)`` appends.
    static func tailLength(_ partialIV: PartialIV) -> Int { 1 + partialIV.encodedCount + 1 }
}
