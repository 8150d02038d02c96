import CryptoPrimitives
import Testing

struct SecureRandomTests {
    @Test func allOfManyNumbersAreDrawn() {
        var random = SecureRandom()
        let words = random.words(128)
        // Two equal ones of 128 come once in 2^51 runs; what was not filled is 0.
        #expect(Set(words).count == 128)
        #expect(!words.contains(0))
        #expect(Set(words).isDisjoint(with: random.words(128)))
        #expect(random.words(0).isEmpty)
    }
}
