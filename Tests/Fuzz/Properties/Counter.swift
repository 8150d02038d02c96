/// Always the same numbers: an input must do the same each time.
struct Counter: RandomNumberGenerator {
    private var state: UInt64 = 0

    init() {}

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        return state ^ state >> 29
    }
}
