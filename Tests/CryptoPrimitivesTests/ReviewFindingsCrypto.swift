import Bytes
import CryptoPrimitives
import TestSupport
import Testing

// Each test states what should hold; it fails where a review found that it does not.

struct ReviewFindingsCrypto {
    /// P + (0, −1) = (−x, −y) is not in the prime-order subgroup (CVE-2025-69277 of libsodium).
    @Test(arguments: try CryptoVectors.ed25519())
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
