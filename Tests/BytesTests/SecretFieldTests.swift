import Bytes
import Testing

struct SecretFieldTests {
    private let secret = SecretField(copying: [1, 2, 3].span)

    @Test func equalityLooksAtTheBytes() {
        #expect(secret == SecretField(copying: [1, 2, 3].span))
        #expect(secret != SecretField(copying: [1, 2, 4].span))
        #expect(secret != SecretField(copying: [1, 2].span))
        #expect(SecretField(copying: [UInt8]().span) == SecretField(copying: [UInt8]().span))
    }

    @Test func hashValueTellsTheLengthOnly() {
        #expect(secret.hashValue == SecretField(copying: [7, 7, 7].span).hashValue)
        #expect(Set([secret, SecretField(copying: [7, 7, 7].span), secret]).count == 2)
    }

    @Test func descriptionsShowNothing() {
        var text = "\(secret) \(String(reflecting: secret)) "
        dump(secret, to: &text)
        #expect(text.contains("<secret>"))
        for digit in ["1", "2", "3"] { #expect(!text.contains(digit)) }
    }
}
