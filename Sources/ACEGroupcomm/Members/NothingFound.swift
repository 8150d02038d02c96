import CBOR

/// What the manager answers with if nothing fits: the empty byte string (RFC 9594 §4.2.1, §4.4.1, §4.6.1).
public enum NothingFound: Sendable {
    /// The payload.
    public static let payload: [UInt8] = [0x40]

    // GM-0374: the same in any Content-Format.
    /// Whether a payload says that nothing was found.
    public static func isNothing(_ payload: Span<UInt8>) -> Bool {
        (try? CBORValue.decode(payload))?.byteString == []
    }
}
