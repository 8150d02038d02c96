import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct Ed25519Tests {
    struct Refused: Decodable, Sendable {
        struct Signature: Decodable, Sendable, CustomTestStringConvertible {
            let name: String
            let publicKey: String
            let message: String
            let signature: String
            var testDescription: String { name }
        }

        struct Key: Decodable, Sendable, CustomTestStringConvertible {
            let name: String
            let publicKey: String
            let reason: String
            var testDescription: String { name }
        }

        let signatures: [Signature]
        let keys: [Key]?

        static func load(_ name: String = "ed25519-refused") throws -> Refused {
            try VectorFile.load("generated/\(name)")
        }
    }

    private static func verify(_ key: Ed25519PublicKey, _ signature: [UInt8], for message: [UInt8]) -> Bool {
        key.isValidSignature(signature.span, for: message.span)
    }

    // GOSC-0360: the vectors are of pure Ed25519, so a prehashed message would give another signature.
    @Test(.requirement("GOSC-0115", "GOSC-0360", "ALG-0005"), arguments: try CryptoVectors.ed25519())
    func vectorIsSignedAndVerified(vector: CryptoVectors.Ed25519) throws {
        let seed = try bytes(vector.seed)
        let key = try Ed25519PrivateKey(seed: seed.span)
        let message = try bytes(vector.message)
        #expect(Hex.encode(key.publicKey.bytes) == vector.publicKey)
        #expect(Hex.encode([UInt8](copying: key.seed)) == vector.seed)
        let signature = try [UInt8](capacity: 64) { output in try key.sign(message.span, into: &output) }
        #expect(Hex.encode(signature) == vector.signature)
        let encoded = try bytes(vector.publicKey)
        let publicKey = try Ed25519PublicKey(encoded.span)
        #expect(publicKey == key.publicKey)
        #expect(Self.verify(publicKey, signature, for: message))
    }

    @Test(arguments: try CryptoVectors.ed25519())
    func anyChangeInvalidatesTheSignature(vector: CryptoVectors.Ed25519) throws {
        let encoded = try bytes(vector.publicKey)
        let key = try Ed25519PublicKey(encoded.span)
        let message = try bytes(vector.message)
        let signature = try bytes(vector.signature)
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!Self.verify(key, changed, for: message))
        }
        #expect(!Self.verify(key, signature, for: (message + [0])))
        for length in [0, 1, 32, 63] {
            #expect(!Self.verify(key, Array(signature[..<length]), for: message))
        }
        #expect(!Self.verify(key, (signature + [0]), for: message))
        let other = try Ed25519PrivateKey(seed: [UInt8](repeating: 9, count: 32).span)
        #expect(!Self.verify(other.publicKey, signature, for: message))
    }

    /// s + L and more, R off the curve or not canonical, and signatures of Ed25519ph.
    @Test(
        .requirement("ALG-0008", "GOSC-0360"),
        arguments: try Refused.load().signatures + Refused.load("ed25519-bad-s").signatures)
    func malleableOrOtherSignatureIsRefused(case refused: Refused.Signature) throws {
        let encoded = try bytes(refused.publicKey)
        let key = try Ed25519PublicKey(encoded.span)
        let (signature, message) = try (bytes(refused.signature), bytes(refused.message))
        #expect(!Self.verify(key, signature, for: message))
    }

    /// The holder of a key can make these fit the equation, and the same R fits with any key.
    @Test(arguments: try Refused.load("ed25519-small-r").signatures)
    func signatureWithRofSmallOrderIsRefused(case refused: Refused.Signature) throws {
        let encoded = try bytes(refused.publicKey)
        let key = try Ed25519PublicKey(encoded.span)
        let (signature, message) = try (bytes(refused.signature), bytes(refused.message))
        #expect(!Self.verify(key, signature, for: message))
    }

    @Test(.requirement("ALG-0008"), arguments: try #require(try Refused.load().keys))
    func unusableKeyIsRefused(case refused: Refused.Key) throws {
        let encoded = try bytes(refused.publicKey)
        do throws(CryptoError) {
            _ = try Ed25519PublicKey(encoded.span)
            Issue.record("accepted")
        } catch {
            #expect("\(error)" == refused.reason)
        }
    }

    /// P + (0, −1) = (−x, −y) is not in the prime-order subgroup (CVE-2025-69277 of libsodium).
    @Test(.requirement("ALG-0008"), arguments: try CryptoVectors.ed25519())
    func aPointWithAComponentOfOrderTwoIsRefused(vector: CryptoVectors.Ed25519) throws {
        var point = try bytes(vector.publicKey)
        let sign = point[31] & 0x80
        point[31] &= 0x7f
        var prime = [UInt8](repeating: 0xff, count: 32)
        prime[0] = 0xed
        prime[31] = 0x7f
        var borrow = 0
        for index in 0..<32 {
            let difference = Int(prime[index]) - Int(point[index]) - borrow
            point[index] = UInt8(truncatingIfNeeded: difference)
            borrow = difference < 0 ? 1 : 0
        }
        point[31] |= sign ^ 0x80
        #expect(throws: CryptoError.invalidPoint) { try Ed25519PublicKey(point.span) }
    }

    @Test(arguments: [0, 31, 33, 64])
    func seedOfAnotherLengthIsRefused(length: Int) {
        let seed = [UInt8](repeating: 1, count: length)
        var thrown: CryptoError?
        do throws(CryptoError) { _ = try Ed25519PrivateKey(seed: seed.span) } catch { thrown = error }
        #expect(thrown == .invalidKey)
    }

    @Test func generatedKeyComesFromTheGeneratorGiven() throws {
        var first = SeededGenerator(seed: 1)
        var second = SeededGenerator(seed: 1)
        let key = try Ed25519PrivateKey.generate(using: &first)
        let same = try Ed25519PrivateKey.generate(using: &second)
        let next = try Ed25519PrivateKey.generate(using: &second)
        #expect(key.publicKey == same.publicKey)
        #expect(key.publicKey != next.publicKey)
    }

    @Test func signatureNeedsRoom() throws {
        let key = try Ed25519PrivateKey(seed: [UInt8](repeating: 1, count: 32).span)
        var thrown: CryptoError?
        _ = [UInt8](capacity: 63) { output in
            do throws(CryptoError) { try key.sign([1].span, into: &output) } catch { thrown = error }
        }
        #expect(thrown == .invalidLength)
    }
}
