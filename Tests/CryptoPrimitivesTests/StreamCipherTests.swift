import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct StreamCipherTests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let key: String
        let nonce: String
        let plaintext: String
        let ciphertext: String
        var testDescription: String { name }
    }

    static func vectors() throws -> [Vector] { try CryptoVectors.load("generated/aes-ctr") }
    static func published() throws -> [Vector] { try CryptoVectors.load("rfc3686/aes-ctr") }

    private static func cipher(_ key: [UInt8]) throws -> StreamCipher {
        let kind = try #require(StreamCipherKind.allCases.first { $0.keyLength == key.count })
        return try StreamCipher.make(kind, key: key.span)
    }

    private static func apply(
        _ cipher: inout StreamCipher, _ input: [UInt8], nonce: [UInt8], room: Int? = nil
    ) throws(CryptoError) -> [UInt8] {
        try [UInt8](capacity: room ?? input.count) { output throws(CryptoError) in
            try cipher.apply(input.span, nonce: nonce.span, into: &output)
        }
    }

    @Test(.requirement("ALG-0004", "GOSC-0024", "GOSC-0025"), arguments: try vectors())
    func vectorIsEncryptedAndDecrypted(vector: Vector) throws {
        var cipher = try Self.cipher(bytes(vector.key))
        let nonce = try bytes(vector.nonce)
        // Twice: the second message runs on a context that has been used, and starts to count anew.
        for _ in 0..<2 {
            let encrypted = try Self.apply(&cipher, bytes(vector.plaintext), nonce: nonce)
            #expect(Hex.encode(encrypted) == vector.ciphertext)
            #expect(try Self.apply(&cipher, encrypted, nonce: nonce) == bytes(vector.plaintext))
        }
    }

    /// Their count starts at 1, ours at 0: one block goes before.
    @Test(.requirement("GOSC-0025"), arguments: try published())
    func publishedVectorFollowsTheFirstBlock(vector: Vector) throws {
        var cipher = try Self.cipher(bytes(vector.key))
        let input = try [UInt8](repeating: 0, count: 16) + bytes(vector.plaintext)
        let output = try Self.apply(&cipher, input, nonce: bytes(vector.nonce))
        #expect(Hex.encode(output[16...]) == vector.ciphertext)
    }

    @Test(arguments: StreamCipherKind.allCases)
    func wrongLengthsAreRefused(kind: StreamCipherKind) throws {
        for length in [0, kind.keyLength - 1, kind.keyLength + 1] {
            let key = [UInt8](repeating: 1, count: length)
            var thrown: CryptoError?
            do throws(CryptoError) { _ = try StreamCipher.make(kind, key: key.span) } catch { thrown = error }
            #expect(thrown == .invalidKey)
        }
        var cipher = try Self.cipher([UInt8](repeating: 1, count: kind.keyLength))
        #expect(cipher.kind == kind)
        #expect(kind.nonceLength == 12)
        for length in [0, 11, 13, 16] {
            let nonce = [UInt8](repeating: 2, count: length)
            #expect(throws: CryptoError.invalidNonce) { try Self.apply(&cipher, [1], nonce: nonce) }
        }
        let nonce = [UInt8](repeating: 2, count: 12)
        #expect(throws: CryptoError.invalidLength) { try Self.apply(&cipher, [1, 2, 3], nonce: nonce, room: 2) }
    }

    /// The addresses exist, the memory behind them does not: a cipher that looked at a byte would crash.
    @Test(.requirement("GOSC-0026"))
    func messageAfterWhichTheCountWouldStartAgainIsRefused() throws {
        #expect(StreamCipherKind.aes128CTR.maximumLength == 16 << 32)
        var cipher = try Self.cipher([UInt8](repeating: 1, count: 16))
        let nonce = [UInt8](repeating: 2, count: 12)
        let count = StreamCipherKind.aes128CTR.maximumLength + 1
        let start = try #require(UnsafePointer<UInt8>(bitPattern: 16))
        let input = Span(_unsafeStart: start, count: count)
        let target = try #require(UnsafeMutablePointer<UInt8>(bitPattern: 16))
        let buffer = UnsafeMutableBufferPointer(start: target, count: count)
        var output = OutputSpan(buffer: buffer, initializedCount: 0)
        var thrown: CryptoError?
        do throws(CryptoError) { try cipher.apply(input, nonce: nonce.span, into: &output) } catch { thrown = error }
        #expect(thrown == .invalidLength)
        let written = output.finalize(for: buffer)
        #expect(written == 0)
    }
}
