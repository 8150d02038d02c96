extension Span where Element == UInt8 {
    /// The bytes as a number, most significant first; at most eight.
    ///
    /// Numbers of up to three bytes, as most in messages are, cost a few instructions.
    @inlinable
    @inline(__always)
    public var bigEndianNumber: UInt64 {
        switch count {
        case 0: 0
        case 1: UInt64(self[0])
        case 2: UInt64(self[0]) << 8 | UInt64(self[1])
        case 3: UInt64(self[0]) << 16 | UInt64(self[1]) << 8 | UInt64(self[2])
        default: longBigEndianNumber
        }
    }

    @usableFromInline
    @inline(never)
    internal var longBigEndianNumber: UInt64 {
        precondition(count <= 8, "a longer number does not fit")
        var number: UInt64 = 0
        for index in indices { number = number << 8 | UInt64(self[index]) }
        return number
    }
}
