/// Hands out Sender Sequence Numbers, each once, from blocks that were made durable before (RFC 8613 §7.2.1, §7.5).
///
/// After a restart numbering goes on behind the last durable block: what was left of it is skipped, because nobody knows
/// how much of it was used.
public struct SequenceReservation: Hashable, Sendable {
    /// The next number to hand out.
    public private(set) var next: UInt64
    /// The first number that is *not* durable yet.
    public private(set) var reservedEnd: UInt64
    /// How many numbers one durable write reserves.
    public let blockSize: UInt64

    /// One durable write in 256 messages costs below one per cent of a signature.
    public static let defaultBlockSize: UInt64 = 256

    /// Resumes behind everything that any earlier run may have used.
    ///
    /// - Parameters:
    ///   - storedEnd: The end of the last durable block; 0 for a new Sender Context.
    ///   - blockSize: 1 or more.
    public init(resumingAt storedEnd: UInt64, blockSize: UInt64 = defaultBlockSize) {
        self.next = storedEnd
        self.reservedEnd = storedEnd
        self.blockSize = max(blockSize, 1)
    }

    /// The end of the block to be made durable next, once less than a quarter of the present block is left; `nil`
    /// while there is enough, or nothing more to reserve.
    public var wantedEnd: UInt64? {
        let limit = PartialIV.maximum.value + 1
        guard reservedEnd < limit, reservedEnd - next <= blockSize / 4 else { return nil }
        return min(reservedEnd + blockSize, limit)
    }

    /// Notes that everything below `end` is durable now.
    public mutating func extend(to end: UInt64) {
        reservedEnd = max(reservedEnd, min(end, PartialIV.maximum.value + 1))
    }

    // OSC-0070
    /// Whether every number has been handed out.
    public var isExhausted: Bool { next > PartialIV.maximum.value }

    /// The next number, never given before.
    ///
    /// - Throws: ``ProtectionError/sequenceNumberNotReserved`` or ``ProtectionError/sequenceNumbersExhausted``.
    public mutating func take() throws(ProtectionError) -> PartialIV {
        guard let partialIV = PartialIV(next) else { throw .sequenceNumbersExhausted }
        guard next < reservedEnd else { throw .sequenceNumberNotReserved }
        next += 1
        return partialIV
    }
}
