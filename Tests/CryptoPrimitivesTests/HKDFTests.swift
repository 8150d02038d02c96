import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct HKDFTests {
    /// As far as a keystream of a countersignature needs it.
    struct Group: Decodable {
        struct Suite: Decodable {
            let hkdf: String
            let keys: Keys
            let messages: [Message]
        }

        struct Keys: Decodable {
            let signatureEncryptionKey: String?
        }

        struct Message: Decodable {
            let keystreamInfo: String?
            let keystreamSalt: String?
            let keystream: String?
            let securityContext: String?
        }

        let suites: [Suite]
    }

    /// 64 bytes of HKDF SHA-256: two blocks.
    @Test(.requirement("GOSC-0148"))
    func keystreamsOfTheGroupVectorsAreDerived() throws {
        let file: Group = try VectorFile.load("group-oscore-generated", convertsFromSnakeCase: true)
        var deriver = HKDFDeriver(.sha256)
        var compared = 0
        for suite in file.suites {
            guard let secret = try suite.keys.signatureEncryptionKey.map(bytes) else { continue }
            for message in suite.messages where message.securityContext == nil {
                guard let expected = message.keystream else { continue }
                let (salt, info) = (
                    Hex.decode(message.keystreamSalt ?? "") ?? [], Hex.decode(message.keystreamInfo ?? "") ?? []
                )
                let keystream = try [UInt8](capacity: 64) { output throws(CryptoError) in
                    try deriver.derive(salt: salt.span, secret: secret.span, info: info.span, count: 64, into: &output)
                }
                #expect(Hex.encode(keystream) == expected)
                compared += 1
            }
        }
        #expect(compared > 20)
    }

    @Test(.requirement("GOSC-0278"), arguments: try CryptoVectors.hkdf())
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

    /// The last block may be cut anywhere; what is cut off must not change what is before.
    @Test(arguments: [HashKind.sha256, .sha384, .sha512])
    func shorterOutputIsThePrefixOfALongerOne(hash: HashKind) throws {
        var deriver = HKDFDeriver(hash)
        let longest = 3 * hash.digestLength
        let whole = try Self.derive(&deriver, count: longest)
        for count in 1..<longest {
            #expect(try Self.derive(&deriver, count: count) == Array(whole[..<count]))
        }
    }

    private static func derive(_ deriver: inout HKDFDeriver, count: Int) throws(CryptoError) -> [UInt8] {
        try [UInt8](capacity: count) { output throws(CryptoError) in
            try deriver.derive(salt: [1].span, secret: [2].span, info: [3].span, count: count, into: &output)
        }
    }

    @Test func keptContextRemembersNothingOfTheLastDerivation() throws {
        let vectors = try CryptoVectors.hkdf().filter { $0.kind == .sha256 }
        var deriver = HKDFDeriver(.sha256)
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
        var deriver = HKDFDeriver(.sha256)
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
