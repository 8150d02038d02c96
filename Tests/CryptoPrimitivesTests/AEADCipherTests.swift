import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct AEADCipherTests {
    private static func seal(
        _ cipher: inout AEADCipher, _ plaintext: [UInt8], nonce: [UInt8], aad: [UInt8], room: Int? = nil
    ) throws(CryptoError) -> [UInt8] {
        try [UInt8](capacity: room ?? plaintext.count + cipher.tagLength) { output throws(CryptoError) in
            try cipher.seal(plaintext.span, nonce: nonce.span, aad: aad.span, into: &output)
        }
    }

    private static func open(
        _ cipher: inout AEADCipher, _ ciphertext: [UInt8], nonce: [UInt8], aad: [UInt8], room: Int? = nil
    ) throws(CryptoError) -> [UInt8] {
        try [UInt8](capacity: room ?? max(0, ciphertext.count - cipher.tagLength)) { output throws(CryptoError) in
            try cipher.open(ciphertext.span, nonce: nonce.span, aad: aad.span, into: &output)
        }
    }

    @Test(arguments: try CryptoVectors.aead())
    func vectorIsSealedAndOpened(vector: CryptoVectors.AEAD) throws {
        let key = try bytes(vector.key)
        var cipher = try AEADCipher.make(vector.kind, key: key.span)
        let nonce = try bytes(vector.nonce)
        let aad = try bytes(vector.aad)
        // Twice: the second message runs on contexts that have been used.
        for _ in 0..<2 {
            let sealed = try Self.seal(&cipher, bytes(vector.plaintext), nonce: nonce, aad: aad)
            #expect(Hex.encode(sealed) == vector.ciphertext)
            #expect(try Self.open(&cipher, sealed, nonce: nonce, aad: aad) == bytes(vector.plaintext))
        }
    }

    @Test(arguments: try CryptoVectors.aead())
    func anyChangeIsNoticedAndTheNextGoodMessageStillOpens(vector: CryptoVectors.AEAD) throws {
        let key = try bytes(vector.key)
        var cipher = try AEADCipher.make(vector.kind, key: key.span)
        let ciphertext = try bytes(vector.ciphertext)
        let nonce = try bytes(vector.nonce)
        let aad = try bytes(vector.aad)
        for index in ciphertext.indices {
            var changed = ciphertext
            changed[index] ^= 0x40
            #expect(throws: CryptoError.authenticationFailed) {
                try Self.open(&cipher, changed, nonce: nonce, aad: aad)
            }
        }
        var otherNonce = nonce
        otherNonce[0] ^= 1
        #expect(throws: CryptoError.authenticationFailed) {
            try Self.open(&cipher, ciphertext, nonce: otherNonce, aad: aad)
        }
        #expect(throws: CryptoError.authenticationFailed) {
            try Self.open(&cipher, ciphertext, nonce: nonce, aad: aad + [0])
        }
        #expect(try Self.open(&cipher, ciphertext, nonce: nonce, aad: aad) == bytes(vector.plaintext))
    }

    @Test(arguments: try CryptoVectors.aead())
    func strictPrefixDoesNotOpen(vector: CryptoVectors.AEAD) throws {
        let key = try bytes(vector.key)
        var cipher = try AEADCipher.make(vector.kind, key: key.span)
        let ciphertext = try bytes(vector.ciphertext)
        for count in 0..<ciphertext.count {
            let expected: CryptoError = count < vector.tagLength ? .invalidLength : .authenticationFailed
            #expect(throws: expected) {
                try Self.open(&cipher, Array(ciphertext[..<count]), nonce: bytes(vector.nonce), aad: bytes(vector.aad))
            }
        }
    }

    @Test(arguments: try CryptoVectors.aead())
    func wrongLengthsAreRefused(vector: CryptoVectors.AEAD) throws {
        let key = try bytes(vector.key)
        for wrong in [[], Array(key.dropLast()), key + [0]] {
            var thrown: CryptoError?
            do throws(CryptoError) { _ = try AEADCipher.make(vector.kind, key: wrong.span) } catch { thrown = error }
            #expect(thrown == .invalidKey)
        }
        var cipher = try AEADCipher.make(vector.kind, key: key.span)
        #expect(cipher.nonceLength == vector.nonceLength)
        #expect(cipher.tagLength == vector.tagLength)
        let nonce = try bytes(vector.nonce)
        for wrong in [[], Array(nonce.dropLast()), nonce + [0]] {
            #expect(throws: CryptoError.invalidNonce) { try Self.seal(&cipher, [1], nonce: wrong, aad: []) }
            #expect(throws: CryptoError.invalidNonce) {
                try Self.open(&cipher, bytes(vector.ciphertext), nonce: wrong, aad: [])
            }
        }
    }

    @Test(arguments: try CryptoVectors.aead())
    func nothingIsWrittenWithoutRoom(vector: CryptoVectors.AEAD) throws {
        let key = try bytes(vector.key)
        var cipher = try AEADCipher.make(vector.kind, key: key.span)
        let nonce = try bytes(vector.nonce)
        let ciphertext = try bytes(vector.ciphertext)
        #expect(throws: CryptoError.invalidLength) {
            try Self.seal(&cipher, bytes(vector.plaintext), nonce: nonce, aad: [], room: ciphertext.count - 1)
        }
        guard ciphertext.count > vector.tagLength else { return }
        #expect(throws: CryptoError.invalidLength) {
            try Self.open(
                &cipher, ciphertext, nonce: nonce, aad: bytes(vector.aad), room: ciphertext.count - vector.tagLength - 1
            )
        }
    }

    @Test func failedOpeningLeavesWhatWasWrittenBefore() throws {
        let vector = try #require(try CryptoVectors.aead().first)
        let key = try bytes(vector.key)
        var cipher = try AEADCipher.make(vector.kind, key: key.span)
        let nonce = try bytes(vector.nonce)
        let aad = try bytes(vector.aad)
        var forged = try bytes(vector.ciphertext)
        forged[0] ^= 1
        var failure: CryptoError?
        let output = [UInt8](capacity: 64) { output in
            output.append(0xaa)
            do throws(CryptoError) {
                try cipher.open(forged.span, nonce: nonce.span, aad: aad.span, into: &output)
            } catch {
                failure = error
            }
        }
        #expect(failure == .authenticationFailed)
        #expect(output == [0xaa])
    }

    @Test(
        arguments: [
            .aesCCM(keyLength: 16, nonceLength: 14, tagLength: 8), .aesCCM(keyLength: 16, nonceLength: 6, tagLength: 8),
            .aesCCM(keyLength: 16, nonceLength: 13, tagLength: 7),
            .aesCCM(keyLength: 16, nonceLength: 13, tagLength: 2),
            .aesCCM(keyLength: 20, nonceLength: 13, tagLength: 8), .aesGCM(keyLength: 8),
        ] as [AEADKind])
    func shapeThatDoesNotExistIsUnsupported(kind: AEADKind) {
        var thrown: CryptoError?
        let key = [UInt8](repeating: 1, count: kind.keyLength)
        do throws(CryptoError) { _ = try AEADCipher.make(kind, key: key.span) } catch { thrown = error }
        #expect(thrown == .unsupported)
    }

    @Test(.requirement("ALG-0003"))
    func plaintextBeyondTheLengthFieldIsRefused() throws {
        let kind = AEADKind.aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8)
        #expect(kind.maximumPlaintextLength == 65_535)
        var cipher = try AEADCipher.make(kind, key: [UInt8](repeating: 1, count: 16).span)
        let nonce = [UInt8](repeating: 2, count: 13)
        let longest = [UInt8](repeating: 3, count: 65_535)
        let sealed = try Self.seal(&cipher, longest, nonce: nonce, aad: [])
        #expect(try Self.open(&cipher, sealed, nonce: nonce, aad: []) == longest)
        #expect(throws: CryptoError.invalidLength) { try Self.seal(&cipher, longest + [3], nonce: nonce, aad: []) }
        #expect(throws: CryptoError.invalidLength) { try Self.open(&cipher, sealed + [3], nonce: nonce, aad: []) }
    }

    /// A ciphertext that is a tag only: every AEAD must check it.
    @Test(arguments: [
        AEADKind.aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8), .aesGCM(keyLength: 16), .chaCha20Poly1305,
    ])
    func anEmptyMessageIsAuthenticated(kind: AEADKind) throws {
        let key = [UInt8](repeating: 7, count: kind.keyLength)
        let nonce = [UInt8](repeating: 1, count: kind.nonceLength)
        var cipher = try AEADCipher.make(kind, key: key.span)
        let forged = [UInt8](repeating: 0, count: kind.tagLength)
        #expect(throws: CryptoError.authenticationFailed) {
            _ = try [UInt8](capacity: 32) { output throws(CryptoError) in
                try cipher.open(forged.span, nonce: nonce.span, aad: [UInt8]().span, into: &output)
            }
        }
    }
}
