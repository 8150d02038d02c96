import Bytes
import CBOR

/// The `aad_array` of RFC 8613 §5.4: `[1, [alg], request_kid, request_piv, h'']`.
enum ExternalAAD {
    /// Appends the array; at most ``maximumCount`` bytes.
    static func write(
        algorithm: Int, binding: RequestBinding, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        writeHead(algorithm: algorithm, binding: binding, into: &sink)
        binding.partialIV.write(into: &sink)
        writeTail(into: &sink)
    }

    /// Appends everything before the bytes of the Partial IV.
    static func writeHead(
        algorithm: Int, binding: RequestBinding, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        CBOREncoding.write(arrayOf: 5, into: &sink)
        CBOREncoding.write(integer: 1, into: &sink)
        CBOREncoding.write(arrayOf: 1, into: &sink)
        CBOREncoding.write(integer: Int64(algorithm), into: &sink)
        CBOREncoding.write(.bytes, UInt64(binding.kid.count), into: &sink)
        binding.kid.write(into: &sink)
        CBOREncoding.write(.bytes, UInt64(binding.partialIV.encodedCount), into: &sink)
    }

    /// Appends everything behind the bytes of the Partial IV: no Class I option is defined.
    static func writeTail(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        sink.append(0x40)
    }

    /// How many bytes the array has.
    static func length(algorithm: Int, binding: RequestBinding) -> Int {
        3 + CBOREncoding.integerLength(Int64(algorithm)) + CBOREncoding.stringLength(binding.kid.count)
            + CBOREncoding.stringLength(binding.partialIV.encodedCount) + 1
    }

    static let maximumCount = 32
}
