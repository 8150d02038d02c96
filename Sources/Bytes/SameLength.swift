/// The numbers whose shortest big-endian form has one length. Asking them costs less than counting bytes twice.
public struct SameLength: Sendable {
    @usableFromInline
    internal let shortest: UInt64
    @usableFromInline
    internal let span: UInt64

    /// Those that are as long as `number`, which needs at most seven bytes. Zero needs one.
    public init(as number: UInt64) {
        precondition(number >> 56 == 0, "seven bytes at most")
        let bits = UInt64(max(64 - number.leadingZeroBitCount, 1))
        let count = (bits + 7) / 8
        let shortest: UInt64 = count == 1 ? 0 : 1 << (8 * (count - 1))
        self.shortest = shortest
        self.span = 1 << (8 * count) - 1 - shortest
    }

    /// None.
    public static let none = SameLength()

    private init() {
        // A number of eight bytes, which nobody has.
        shortest = .max
        span = 0
    }

    /// Whether `number`, which needs at most seven bytes, is one of them.
    @inlinable
    @inline(__always)
    public func contains(_ number: UInt64) -> Bool { number &- shortest <= span }
}
