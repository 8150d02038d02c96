public import Bytes
public import CBOR

/// The associated data of an untagged COSE_Encrypt0 with an empty protected bucket (RFC 9052 §5.3).
public enum EncStructure: Sendable {
    /// How many bytes ``write(externalAAD:into:)`` appends.
    ///
    /// - Parameter externalAADLength: The length of the aad_array, 0 or more.
    @inlinable
    public static func length(externalAADLength: Int) -> Int {
        prefixLength + CBOREncoding.stringLength(externalAADLength)
    }

    /// Appends `["Encrypt0", h'', external_aad]`.
    ///
    /// - Parameter externalAAD: The serialized aad_array.
    @inlinable
    public static func write(
        externalAAD: Span<UInt8>, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        writePrefix(into: &sink)
        // GOSC-0124: wrapped in a byte string exactly once.
        CBOREncoding.write(bytes: externalAAD, into: &sink)
    }

    /// Appends everything before the content of external_aad, for a caller that writes the aad_array in place.
    ///
    /// - Parameter externalAADLength: How many bytes the caller appends next.
    @inlinable
    public static func writeHead(
        externalAADLength: Int, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        writePrefix(into: &sink)
        CBOREncoding.write(.bytes, UInt64(externalAADLength), into: &sink)
    }

    // GOSC-0112: 83 68 "Encrypt0" 40
    @inlinable
    internal static func writePrefix(into sink: inout some ByteSink & ~Copyable & ~Escapable) {
        CBOREncoding.write(arrayOf: 3, into: &sink)
        CBOREncoding.write(literal: "Encrypt0", into: &sink)
        CBOREncoding.write(.bytes, 0, into: &sink)
    }

    /// How many bytes of an Enc_structure stand before the `aad_array`.
    @inlinable
    public static func headLength(of structure: Span<UInt8>) -> Int {
        // The second byte of a longer head says how much longer.
        guard structure.count > prefixLength else { return structure.count }
        let additional = structure[prefixLength] & 0x1f
        return prefixLength + (additional < 24 ? 1 : 1 + 1 << Int(additional - 24))
    }

    @usableFromInline
    internal static let prefixLength = 11
}
