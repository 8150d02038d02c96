import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct PrivateKeyTests {
    @Test(arguments: KeyKind.allCases)
    func bothSidesAgreeOnOneSecret(kind: KeyKind) throws {
        let (first, second) = (
            [UInt8](repeating: 0x01, count: kind.secretLength),
            [0] + [UInt8](repeating: 0xa7, count: kind.secretLength - 1)
        )
        let alice = try PrivateKey(kind, secret: first.span)
        let bob = try PrivateKey(kind, secret: second.span)
        #expect(alice.publicKey.kind == kind)
        #expect(alice.publicKey != bob.publicKey)
        let left = try alice.sharedSecret(with: bob.publicKey)
        let right = try bob.sharedSecret(with: alice.publicKey)
        #expect(left.count == kind.sharedSecretLength)
        #expect([UInt8](copying: left.bytes) == [UInt8](copying: right.bytes))
    }

    @Test(arguments: SignatureKind.allCases)
    func signatureIsTheKeysOwn(kind: SignatureKind) throws {
        let secret = [UInt8](repeating: 0x01, count: kind.keyKind.secretLength)
        let key = try PrivateKey(kind.keyKind, secret: secret.span)
        let message: [UInt8] = [1, 2, 3]
        for _ in 0..<50 {
            let signature = try [UInt8](capacity: kind.signatureLength) { output throws(CryptoError) in
                try key.sign(message.span, into: &output)
            }
            #expect(signature.count == kind.signatureLength)
            let valid = key.publicKey.isValidSignature(signature.span, for: message.span)
            #expect(valid)
        }
    }
}
