internal import Bytes

/// SipHash-2-4 (Aumasson, Bernstein): a short keyed hash that nobody can predict without the key.
internal struct SipHash: Sendable {
    private let key0: UInt64
    private let key1: UInt64

    /// Draws a key.
    init(random: inout some RandomNumberGenerator) {
        self.init(key0: random.next(), key1: random.next())
    }

    /// Takes the two halves of the key, each read as a little-endian number.
    init(key0: UInt64, key1: UInt64) {
        self.key0 = key0
        self.key1 = key1
    }

    func hash(_ bytes: Span<UInt8>) -> UInt64 {
        var state = State(
            v0: key0 ^ 0x736f_6d65_7073_6575, v1: key1 ^ 0x646f_7261_6e64_6f6d, v2: key0 ^ 0x6c79_6765_6e65_7261,
            v3: key1 ^ 0x7465_6462_7974_6573)
        var word: UInt64 = 0
        for index in bytes.indices {
            word |= UInt64(bytes[index]) << (8 * UInt64(index % 8))
            guard index % 8 == 7 else { continue }
            state.absorb(word)
            word = 0
        }
        state.absorb(word | UInt64(truncatingIfNeeded: bytes.count) << 56)
        state.v2 ^= 0xff
        for _ in 0..<4 { state.round() }
        return state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    }

    func hash(_ bytes: [UInt8]) -> UInt64 { hash(bytes.span) }

    private struct State {
        var v0: UInt64
        var v1: UInt64
        var v2: UInt64
        var v3: UInt64

        mutating func absorb(_ word: UInt64) {
            v3 ^= word
            round()
            round()
            v0 ^= word
        }

        mutating func round() {
            v0 &+= v1
            v1 = rotate(v1, 13) ^ v0
            v0 = rotate(v0, 32)
            v2 &+= v3
            v3 = rotate(v3, 16) ^ v2
            v0 &+= v3
            v3 = rotate(v3, 21) ^ v0
            v2 &+= v1
            v1 = rotate(v1, 17) ^ v2
            v2 = rotate(v2, 32)
        }

        private func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
    }
}
