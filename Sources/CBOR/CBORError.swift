/// Why bytes are not the CBOR that was asked for (RFC 8949).
public enum CBORError: Error, Hashable, Sendable {
    /// The input ends inside an item, or announces more items than it has bytes left.
    case truncated
    /// Bytes follow the last expected item.
    case trailingBytes
    /// A head uses more bytes than its argument needs (RFC 8949 §4.2.1).
    case notShortest
    /// An indefinite-length item, or a "break" outside of one.
    case indefiniteLength
    /// An item of another type than the one asked for.
    case wrongType
    /// A map holds the same key twice (RFC 8949 §5.6).
    case duplicateKey
    /// Items are nested deeper than the reader allows.
    case tooDeep
    /// A number that does not fit the type asked for.
    case tooLarge
    /// A text string that is not UTF-8 (RFC 8949 §3.1).
    case invalidUTF8
    /// Additional information 28 to 30, or a two-byte simple value below 32 (RFC 8949 §3, §3.3).
    case reserved
    /// The keys of a map are not in the order of RFC 8949 §4.2.1.
    case notDeterministic
}
