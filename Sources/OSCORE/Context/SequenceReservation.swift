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
    // OSC-0107
    /// The last number to hand out; lower than ``PartialIV/maximum`` where the algorithm or a policy wants it.
    public let lastNumber: PartialIV

    /// One durable write in 256 messages costs below one per cent of a signature.
    public static let defaultBlockSize: UInt64 = 256

    /// Resumes behind everything that any earlier run may have used.
    ///
    /// - Parameters:
    ///   - storedEnd: The end of the last durable block; 0 for a new Sender Context.
    ///   - blockSize: 1 or more.
    ///   - lastNumber: The last number to hand out.
    public init(
        resumingAt storedEnd: UInt64, blockSize: UInt64 = defaultBlockSize, lastNumber: PartialIV = .maximum
    ) {
        self.next = storedEnd
        self.reservedEnd = storedEnd
        self.blockSize = max(blockSize, 1)
        self.lastNumber = lastNumber
    }

    /// Numbers for a context that no restart survives: nothing has to be durable, because its keys are forgotten first.
    package static var withoutRestart: Self {
        var reservation = Self(resumingAt: 0)
        reservation.extend(to: PartialIV.maximum.value + 1)
        return reservation
    }

    /// The end of the block to be made durable next, once less than a quarter of the present block is left; `nil`
    /// while there is enough, or nothing more to reserve.
    public var wantedEnd: UInt64? {
        let limit = lastNumber.value + 1
        guard reservedEnd < limit, reservedEnd - next <= blockSize / 4 else { return nil }
        return min(reservedEnd + blockSize, limit)
    }

    /// Notes that everything below `end` is durable now.
    public mutating func extend(to end: UInt64) {
        reservedEnd = max(reservedEnd, min(end, lastNumber.value + 1))
    }

    // OSC-0070, GOSC-0096
    /// Whether every number has been handed out.
    public var isExhausted: Bool { next > lastNumber.value }

    /// The next number, never given before.
    ///
    /// - Throws: ``ProtectionError/sequenceNumberNotReserved`` or ``ProtectionError/sequenceNumbersExhausted``.
    public mutating func take() throws(ProtectionError) -> PartialIV {
        // OSC-0069: whoever has a number has taken it.
        let partialIV = try peek()
        next += 1
        return partialIV
    }

    /// The number that ``take()`` would give; for finding out how long a message gets.
    package func peek() throws(ProtectionError) -> PartialIV {
        // GOSC-0097, GOSC-0356
        guard next <= lastNumber.value, let partialIV = PartialIV(next) else { throw .sequenceNumbersExhausted }
        guard next < reservedEnd else { throw .sequenceNumberNotReserved }
        return partialIV
    }
}
