import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct HKDFTests {
    @Test(arguments: try CryptoVectors.hkdf())
    func vectorIsDerived(vector: CryptoVectors.HKDF) throws {
        let expected = try bytes(vector.output)
        let (salt, secret, info) = try (bytes(vector.salt), bytes(vector.secret), bytes(vector.info))
        let output = try [UInt8](capacity: expected.count) { target throws(CryptoError) in
            try HKDF.derive(
                vector.kind, salt: salt.span, secret: secret.span, info: info.span, count: expected.count,
                into: &target)
        }
        #expect(output == expected)
    }

    @Test func keptContextRemembersNothingOfTheLastDerivation() throws {
        let vectors = try CryptoVectors.hkdf().filter { $0.kind == .sha256 }
        var deriver = try HKDFDeriver.make(.sha256)
        // Both directions: salts and infos that were set must not survive into a derivation without.
        for vector in vectors + vectors.reversed() {
            let expected = try bytes(vector.output)
            let (salt, secret, info) = try (bytes(vector.salt), bytes(vector.secret), bytes(vector.info))
            let output = try [UInt8](capacity: expected.count) { target throws(CryptoError) in
                try deriver.derive(
                    salt: salt.span, secret: secret.span, info: info.span, count: expected.count, into: &target)
            }
            #expect(output == expected)
        }
    }

    @Test(arguments: [0, -1, 255 * 32 + 1])
    func outputOutsideOfTheRangeIsRefused(count: Int) throws {
        var deriver = try HKDFDeriver.make(.sha256)
        var thrown: CryptoError?
        _ = [UInt8](capacity: 10_000) { output in
            do throws(CryptoError) {
                try deriver.derive(salt: [1].span, secret: [2].span, info: [3].span, count: count, into: &output)
            } catch {
                thrown = error
            }
            #expect(output.count == 0)
        }
        #expect(thrown == .invalidLength)
    }

    @Test func outputWithoutRoomIsRefused() {
        #expect(throws: CryptoError.invalidLength) {
            try [UInt8](capacity: 15) { output throws(CryptoError) in
                try HKDF.derive(
                    .sha256, salt: [1].span, secret: [2].span, info: [3].span, count: 16, into: &output)
            }
        }
    }
}

struct HashTests {
    @Test func digestsAgreeWithTheVectors() throws {
        for vector in try CryptoVectors.hashes() {
            let message = try bytes(vector.message)
            #expect(Hex.encode(SHA256.hash(message.span)) == vector.sha256)
            #expect(Hex.encode(HashKind.sha384.hash(message.span)) == vector.sha384)
            #expect(Hex.encode(SHA512.hash(message.span)) == vector.sha512)
        }
    }
}
