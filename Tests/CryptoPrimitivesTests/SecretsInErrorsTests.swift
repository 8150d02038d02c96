import Bytes
import CryptoPrimitives
import TestSupport
import Testing

/// No secret appears in any error, nor in anything else that may end up in a log.
struct SecretsInErrorsTests {
    private static let kind = AEADKind.aesCCM(keyLength: 16, nonceLength: 13, tagLength: 8)
    private let secret: [UInt8] = (0..<32).map { 0xa0 ^ ($0 &* 7) }

    @Test func theScanFindsSecretsInEveryForm() {
        struct Leak: Error { let key: [UInt8] }
        let secret = secret
        let hex = Hex.encode(secret)
        #expect(SecretScan.finds(secret, in: Leak(key: secret)))
        #expect(SecretScan.finds(secret, in: "key \(hex.uppercased())"))
        #expect(SecretScan.finds(secret, in: "key \(secret)"))
        #expect(SecretScan.finds(secret, in: ["tail": Array(secret.suffix(3))]))
        #expect(!SecretScan.finds(secret, in: CryptoError.invalidKey))
    }

    /// Each operation that takes a key, refusing.
    @Test func noRefusalOfTheWrappersContainsTheKey() throws {
        let secret = secret
        let short = Array(secret.dropLast())
        var errors: [any Error] = []
        func collect(_ body: () throws -> Void) {
            do { try body() } catch { errors.append(error) }
        }
        collect { _ = try AEADCipher.make(Self.kind, key: secret.span) }
        collect { _ = try Ed25519PrivateKey(seed: short.span) }
        collect { _ = try Ed25519PublicKey(short.span) }
        collect { _ = try Ed25519PublicKey(secret.span) }
        let key = Array(secret.prefix(16))
        let sealed: [UInt8] = Array(repeating: 7, count: 40)
        for nonceCount in [12, 13] {
            collect {
                var cipher = try AEADCipher.make(Self.kind, key: key.span)
                let nonce = [UInt8](repeating: 1, count: nonceCount)
                _ = try [UInt8](capacity: 40) { output throws(CryptoError) in
                    try cipher.open(sealed.span, nonce: nonce.span, aad: sealed.span, into: &output)
                }
            }
        }
        collect {
            _ = try SecretBytes(count: 20_000) { output throws(CryptoError) in
                try HKDF.derive(
                    .sha256, salt: secret.span, secret: secret.span, info: secret.span, count: 20_000, into: &output)
            }
        }
        #expect(errors.count == 7)
        for error in errors {
            #expect(!SecretScan.finds(secret, in: error), "\(type(of: error))")
        }
    }
}
