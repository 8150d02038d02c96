import Bytes
import CBOR

/// The `aad_array` of RFC 8613 §5.4.
enum ExternalAAD {
    /// Appends `[1, [alg], request_kid, request_piv, h'']`; at most 32 bytes.
    static func write(
        algorithm: Int, binding: RequestBinding, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        CBOREncoding.write(arrayOf: 5, into: &sink)
        CBOREncoding.write(integer: 1, into: &sink)
        CBOREncoding.write(arrayOf: 1, into: &sink)
        CBOREncoding.write(integer: Int64(algorithm), into: &sink)
        CBOREncoding.write(.bytes, UInt64(binding.kid.count), into: &sink)
        binding.kid.write(into: &sink)
        CBOREncoding.write(.bytes, UInt64(binding.partialIV.encodedCount), into: &sink)
        binding.partialIV.write(into: &sink)
        // No Class I option is defined.
        CBOREncoding.write(.bytes, 0, into: &sink)
    }

    static let maximumCount = 32
}
