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
        for index in 0..<count {
            let distance = count - 1 - index
            let number = distance < partialIVCount ? partialIV.value >> UInt64(8 * distance) : 0
            sink.append(byte(index, of: producer, count: count) ^ UInt8(truncatingIfNeeded: number) ^ commonIV[index])
        }
    }

    // GOSC-0119
    /// The byte at `index` before it is combined with Partial IV and Common IV: the length of the identifier, padding,
    /// the identifier, room for the Partial IV.
    static func byte(_ index: Int, of producer: SenderID, count: Int) -> UInt8 {
        if index == 0 { return UInt8(truncatingIfNeeded: producer.count) }
        let offset = index - (count - partialIVCount - producer.count)
        return (0..<producer.count).contains(offset) ? producer.byte(at: offset) : 0
    }

    /// Room for the longest Partial IV.
    static let partialIVCount = 5
}

/// What the nonces of one producer have in common: the Common IV combined with its identifier (RFC 8613 §5.2).
///
/// Only the Partial IV is left to be put in for each message.
package struct NonceBase: ~Copyable, Sendable {
    /// Sender ID of whoever generates the Partial IVs.
    package let producer: SenderID
    private let base: SecretBytes

    /// Combines what does not change.
    ///
    /// - Parameters: As in ``Nonce/write(commonIV:producer:partialIV:count:into:)``.
    package init(commonIV: borrowing SecretBytes, producer: SenderID, count: Int) {
        self.producer = producer
        let commonIV = commonIV.bytes
        self.base = SecretBytes(count: count) { output in
            for index in 0..<count {
                output.append(Nonce.byte(index, of: producer, count: count) ^ commonIV[index])
            }
        }
    }

    /// Appends the nonce of one message.
    package func write(_ partialIV: PartialIV, into nonce: inout OutputSpan<UInt8>) {
        let base = base.bytes
        let fixed = base.count - Nonce.partialIVCount
        nonce.append(copying: base.extracting(first: fixed))
        for index in 0..<Nonce.partialIVCount {
            let byte = UInt8(truncatingIfNeeded: partialIV.value >> UInt64(8 * (Nonce.partialIVCount - 1 - index)))
            nonce.append(base[fixed + index] ^ byte)
        }
    }
}
