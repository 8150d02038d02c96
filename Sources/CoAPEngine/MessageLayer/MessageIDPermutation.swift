/// A secret order of all Message IDs: numbers that differ come out as numbers that differ, and whoever has seen some does
/// not know the next.
///
/// A Feistel network over two halves of 8 bits. Its round functions are tables of random bytes, so that a number costs six
/// look-ups.
internal struct MessageIDPermutation: Sendable {
    private static let rounds = 6

    /// 256 bytes for each round.
    private let tables: [UInt8]

    /// Draws an order.
    init(random: inout some RandomNumberGenerator) {
        var tables: [UInt8] = []
        tables.reserveCapacity(256 * Self.rounds)
        for _ in 0..<32 * Self.rounds {
            let word = random.next()
            for shift in 0..<8 as Range<UInt64> { tables.append(UInt8(truncatingIfNeeded: word >> (8 * shift))) }
        }
        self.tables = tables
    }

    /// The number at a place of the order.
    func permute(_ place: UInt16) -> UInt16 {
        var left = UInt8(truncatingIfNeeded: place >> 8)
        var right = UInt8(truncatingIfNeeded: place)
        for round in 0..<Self.rounds {
            (left, right) = (right, left ^ tables[256 * round + Int(right)])
        }
        return UInt16(left) << 8 | UInt16(right)
    }
}
