import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct SealingKeyTests {
    struct Vector: Decodable {
        let key: String
        let nonce: String
        let aad: String
        let plaintext: String
        let ciphertext: String
        let tag: String
    }

    private static func open(
        _ key: borrowing SealingKey, _ sealed: [UInt8], context: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let secret = try key.open(sealed.span, context: context.span)
        return [UInt8](copying: secret.bytes)
    }

    @Test func publishedVectorOpens() throws {
        let vector: Vector = try VectorFile.load("draft-irtf-cfrg-xchacha/aead")
        let keyBytes = try bytes(vector.key)
        let key = try SealingKey(keyBytes.span)
        let sealed = try bytes(vector.nonce + vector.ciphertext + vector.tag)
        #expect(try Self.open(key, sealed, context: bytes(vector.aad)) == bytes(vector.plaintext))
    }

    @Test(arguments: [0, 1, 32, 1000])
    func sealedSecretOpensOnlyUnchangedAndInItsPlace(count: Int) throws {
        var random = SeededGenerator(seed: 7)
        let key = try SealingKey.generate(using: &random)
        let secret = random.bytes(count)
        let context: [UInt8] = [1, 2]
        let sealed = try key.seal(secret.span, context: context.span, using: &random)
        #expect(sealed.count == count + SealingKey.overhead)
        #expect(try Self.open(key, sealed, context: [1, 2]) == secret)
        #expect(throws: CryptoError.authenticationFailed) { try Self.open(key, sealed, context: [1, 3]) }
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 0x80
            #expect(throws: CryptoError.authenticationFailed) { try Self.open(key, changed, context: [1, 2]) }
        }
        for length in 0..<sealed.count {
            let expected: CryptoError = length < SealingKey.overhead ? .invalidLength : .authenticationFailed
            #expect(throws: expected) { try Self.open(key, Array(sealed[..<length]), context: [1, 2]) }
        }
        let other = try SealingKey.generate(using: &random)
        #expect(throws: CryptoError.authenticationFailed) { try Self.open(other, sealed, context: [1, 2]) }
    }

    @Test func sameSecretIsSealedDifferentlyEachTime() throws {
        var random = SecureRandom()
        let key = try SealingKey.generate(using: &random)
        let (secret, context): ([UInt8], [UInt8]) = ([1, 2, 3], [])
        let first = try key.seal(secret.span, context: context.span, using: &random)
        let second = try key.seal(secret.span, context: context.span, using: &random)
        #expect(first != second)
    }

    @Test(arguments: [0, 31, 33])
    func keyOfAnotherLengthIsRefused(length: Int) {
        var thrown: CryptoError?
        do throws(CryptoError) { _ = try SealingKey([UInt8](repeating: 1, count: length).span) } catch {
            thrown = error
        }
        #expect(thrown == .invalidKey)
    }
}

struct RandomBytesTests {
    @Test(arguments: [0, 1, 7, 8, 9, 32])
    func bytesAndSecretBytesTakeTheSameDraws(count: Int) {
        var first = SeededGenerator(seed: 3)
        var second = SeededGenerator(seed: 3)
        let open = first.bytes(count)
        let secret = second.secretBytes(count)
        #expect(open.count == count)
        #expect([UInt8](copying: secret.bytes) == open)
    }
}
