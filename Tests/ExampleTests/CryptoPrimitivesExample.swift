import Bytes
import CryptoPrimitives
import Testing

struct CryptoPrimitivesExample {
    private let key = [UInt8](repeating: 1, count: 16)
    private let nonce = [UInt8](repeating: 2, count: 13)
    private let seed = [UInt8](repeating: 3, count: 32)
    private let message = Array("on".utf8)
    private let header = Array("light".utf8)

    @Test func sealsOpensAndSigns() throws {
        let (key, nonce, seed, message, header) = (key, nonce, seed, message, header)
        // example: cryptoprimitives
        var cipher = try AEADCipher.make(.aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8), key: key.span)
        let sealed = try [UInt8](capacity: message.count + cipher.tagLength) { output throws(CryptoError) in
            try cipher.seal(message.span, nonce: nonce.span, aad: header.span, into: &output)
        }
        let opened = try [UInt8](capacity: sealed.count) { output throws(CryptoError) in
            try cipher.open(sealed.span, nonce: nonce.span, aad: header.span, into: &output)
        }

        let signer = try Ed25519PrivateKey(seed: seed.span)
        let signature = try [UInt8](capacity: 64) { output throws(CryptoError) in
            try signer.sign(sealed.span, into: &output)
        }
        let isGenuine = signer.publicKey.isValidSignature(signature.span, for: sealed.span)
        // end
        #expect(sealed.count == 10)
        #expect(opened == message)
        #expect(isGenuine)
    }
}
