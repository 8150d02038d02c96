public import Bytes
public import CBOR

/// What the countersignature of a group-mode message signs (RFC 9338 §3.3, version 2).
public enum CountersignStructure: Sendable {
    /// How many items the array has.
    public enum ItemCount: Int, Hashable, Sendable {
        /// Without sign_protected: RFC 9338 §3.3 read literally.
        case four = 4
        /// With an empty sign_protected, as published vectors and deployed implementations have it.
        case five = 5
    }

    /// How many bytes ``write(externalAAD:ciphertext:itemCount:into:)`` appends.
    ///
    /// - Parameters:
    ///   - externalAADLength: The length of the aad_array, 0 or more.
    ///   - ciphertextLength: The length of the ciphertext, tag included, 0 or more.
    @inlinable
    public static func length(
        externalAADLength: Int, ciphertextLength: Int, itemCount: ItemCount = .five
    ) -> Int {
        // Head, context string and the empty buckets.
        1 + 18 + (itemCount.rawValue - 3) + CBOREncoding.stringLength(externalAADLength)
            + CBOREncoding.stringLength(ciphertextLength)
    }

    /// Appends `["CounterSignature0", h'', h'', external_aad, ciphertext]`.
    ///
    /// - Parameters:
    ///   - externalAAD: The serialized aad_array.
    ///   - ciphertext: The ciphertext with its tag, without the signature.
    @inlinable
    public static func write(
        externalAAD: Span<UInt8>, ciphertext: Span<UInt8>, itemCount: ItemCount = .five,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        writePrefix(itemCount: itemCount, into: &sink)
        // GOSC-0124, CSIG-0005: wrapped in a byte string exactly once.
        CBOREncoding.write(bytes: externalAAD, into: &sink)
        // GOSC-0114: the tag is part of what is signed.
        CBOREncoding.write(bytes: ciphertext, into: &sink)
    }

    // GOSC-0116, CSIG-0002, CSIG-0003: 85 71 "CounterSignature0" 40 40
    @inlinable
    internal static func writePrefix(
        itemCount: ItemCount, into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        CBOREncoding.write(arrayOf: itemCount.rawValue, into: &sink)
        CBOREncoding.write(literal: "CounterSignature0", into: &sink)
        for _ in 0..<(itemCount.rawValue - 3) {
            CBOREncoding.write(.bytes, 0, into: &sink)
        }
    }
}
