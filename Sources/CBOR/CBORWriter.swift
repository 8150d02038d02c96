import Bytes

/// Writes CBOR into an array of its own, for cold paths. The same verbs as ``CBOREncoding``.
public struct CBORWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []

    /// Starts empty.
    public init() {}

    /// Writes an unsigned integer.
    public mutating func write(unsigned: UInt64) {
        CBOREncoding.write(unsigned: unsigned, into: &bytes)
    }

    /// Writes an integer.
    public mutating func write(integer: Int64) {
        CBOREncoding.write(integer: integer, into: &bytes)
    }

    /// Writes a byte string.
    public mutating func write(bytes content: Span<UInt8>) {
        CBOREncoding.write(bytes: content, into: &bytes)
    }

    /// Writes a byte string.
    public mutating func write(bytes content: [UInt8]) {
        CBOREncoding.write(bytes: content.span, into: &bytes)
    }

    /// Writes a text string.
    public mutating func write(text: String) {
        CBOREncoding.write(text: text, into: &bytes)
    }

    /// Writes `true` or `false`.
    public mutating func write(bool: Bool) {
        CBOREncoding.write(bool: bool, into: &bytes)
    }

    /// Writes `null`.
    public mutating func writeNull() {
        CBOREncoding.writeNull(into: &bytes)
    }

    /// Writes the head of an array; `count` items follow.
    public mutating func write(arrayOf count: Int) {
        CBOREncoding.write(arrayOf: count, into: &bytes)
    }

    /// Writes the head of a map; `count` pairs of key and value follow, in the order of RFC 8949 §4.2.1.
    public mutating func write(mapOf count: Int) {
        CBOREncoding.write(mapOf: count, into: &bytes)
    }

    /// Writes a tag; the tagged item follows.
    public mutating func write(tag: UInt64) {
        CBOREncoding.write(tag: tag, into: &bytes)
    }

    /// Writes a value tree, deterministically.
    public mutating func write(_ value: CBORValue) {
        value.encode(into: &bytes)
    }

    /// Appends items that are already encoded.
    public mutating func write(encoded: Span<UInt8>) {
        bytes.append(copying: encoded)
    }
}
