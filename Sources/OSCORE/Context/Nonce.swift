public import Bytes

/// The AEAD nonce of a message (RFC 8613 §5.2).
public enum Nonce: Sendable {
    /// Appends the nonce: Partial IV and its producer's identifier, laid out and combined with the Common IV.
    ///
    /// - Parameters:
    ///   - commonIV: At least `count` bytes; the leading ones are used.
    ///   - producer: Sender ID of whoever generated the Partial IV; at most `count` − 6 bytes, which contexts guarantee.
    ///   - partialIV: The Partial IV in effect.
    ///   - count: Nonce length of the algorithm that encrypts this message, 7 to 13.
    ///   - sink: Where the `count` bytes go.
    public static func write(
        commonIV: Span<UInt8>, producer: SenderID, partialIV: PartialIV, count: Int,
        into sink: inout some ByteSink & ~Copyable & ~Escapable
    ) {
        let idCount = count - 6
        for index in 0..<count {
            let byte: UInt8
            if index == 0 {
                byte = UInt8(truncatingIfNeeded: producer.count)
            } else if index <= idCount {
                let offset = index - 1 - (idCount - producer.count)
                byte = offset >= 0 ? producer.byte(at: offset) : 0
            } else {
                byte = UInt8(truncatingIfNeeded: partialIV.value >> UInt64(8 * (count - 1 - index)))
            }
            sink.append(byte ^ commonIV[index])
        }
    }
}
