import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct AEADInPlaceTests {
    @Test(arguments: try CryptoVectors.aead())
    func vectorIsSealedWhereItStands(vector: CryptoVectors.AEAD) throws {
        let (key, nonce, aad) = (try bytes(vector.key), try bytes(vector.nonce), try bytes(vector.aad))
        let plaintext = try bytes(vector.plaintext)
        var cipher = try AEADCipher.make(vector.kind, key: key.span)
        let before: [UInt8] = [0xaa, 0xbb]
        let sealed = try [UInt8](capacity: 2 + plaintext.count + cipher.tagLength) { output throws(CryptoError) in
            output.append(copying: before.span)
            output.append(copying: plaintext.span)
            try cipher.seal(last: plaintext.count, of: &output, nonce: nonce.span, aad: aad.span)
        }
        #expect(Hex.encode(sealed) == "aabb" + vector.ciphertext)
    }

    @Test(arguments: [CryptoError.invalidLength, .invalidNonce])
    func failureLeavesNothingOfThePlaintext(failure: CryptoError) throws {
        let key = [UInt8](repeating: 1, count: 16)
        let nonce = [UInt8](repeating: 2, count: failure == .invalidNonce ? 12 : 13)
        let plaintext = [UInt8](repeating: 0x77, count: 20)
        let none: [UInt8] = []
        var cipher = try AEADCipher.make(.aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8), key: key.span)
        // One byte less than the tag takes.
        let room = UnsafeMutableBufferPointer<UInt8>.allocate(
            capacity: 1 + plaintext.count + (failure == .invalidLength ? 7 : 8))
        defer { room.deallocate() }
        room.initialize(repeating: 0)
        var output = OutputSpan(buffer: room, initializedCount: 0)
        output.append(0xaa)
        output.append(copying: plaintext.span)
        var thrown: CryptoError?
        do throws(CryptoError) {
            try cipher.seal(last: plaintext.count, of: &output, nonce: nonce.span, aad: none.span)
        } catch {
            thrown = error
        }
        let count = output.finalize(for: room)
        #expect(thrown == failure)
        #expect(count == 1)
        #expect(room[0] == 0xaa)
        #expect(!room.contains(0x77))
    }
}
