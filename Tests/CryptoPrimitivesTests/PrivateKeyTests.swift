import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct PrivateKeyTests {
    private static func key(_ kind: KeyKind, _ byte: UInt8 = 1) throws(CryptoError) -> PrivateKey {
        let secret = [0] + [UInt8](repeating: byte, count: kind.secretLength - 1)
        return try PrivateKey(kind, secret: secret.span)
    }

    @Test(arguments: KeyKind.allCases)
    func bothSidesAgreeOnOneSecret(kind: KeyKind) throws {
        let alice = try Self.key(kind, 1)
        let bob = try Self.key(kind, 2)
        #expect(alice.publicKey.kind == kind)
        #expect(alice.publicKey != bob.publicKey)
        let left = try alice.sharedSecret(with: bob.publicKey)
        let right = try bob.sharedSecret(with: alice.publicKey)
        #expect(left.count == kind.sharedSecretLength)
        let equal = ConstantTime.equal(left.bytes, right.bytes)
        #expect(equal)
    }

    @Test(arguments: KeyKind.allCases, KeyKind.allCases)
    func secretNeedsTwoKeysOfOneKind(kind: KeyKind, other: KeyKind) throws {
        guard kind != other else { return }
        let own = try Self.key(kind)
        let peer = try Self.key(other)
        var thrown: CryptoError?
        do throws(CryptoError) { _ = try own.sharedSecret(with: peer.publicKey) } catch { thrown = error }
        #expect(thrown == .invalidKey)
    }

    @Test(arguments: KeyKind.allCases)
    func aKeySignsIfItsKindDoes(kind: KeyKind) throws {
        let key = try Self.key(kind, 1)
        let other = try Self.key(kind, 2)
        let message: [UInt8] = [1, 2, 3]
        var thrown: CryptoError?
        let signature = [UInt8](capacity: 132) { output in
            do throws(CryptoError) { try key.sign(message.span, into: &output) } catch { thrown = error }
        }
        guard let scheme = kind.signatureKind else {
            #expect(thrown == .unsupported)
            let anything = [UInt8](repeating: 0, count: 64)
            #expect(!key.publicKey.accepts(anything, for: message))
            return
        }
        #expect(thrown == nil)
        #expect(scheme.keyKind == kind)
        #expect(signature.count == scheme.signatureLength)
        #expect(key.publicKey.accepts(signature, for: message))
        #expect(!other.publicKey.accepts(signature, for: message))
    }

    @Test(arguments: KeyKind.allCases)
    func anotherLengthIsRefused(kind: KeyKind) {
        for length in [0, 1, kind.secretLength - 1, kind.secretLength + 1] {
            let secret = [UInt8](repeating: 1, count: length)
            var thrown: CryptoError?
            do throws(CryptoError) { _ = try PrivateKey(kind, secret: secret.span) } catch { thrown = error }
            #expect(thrown == .invalidKey)
        }
    }

    @Test func signingKeyIsTakenOver() throws {
        let seed = [UInt8](repeating: 7, count: 32)
        let key = PrivateKey(try Ed25519PrivateKey(seed: seed.span))
        let same = try PrivateKey(.ed25519, secret: seed.span)
        #expect(key.publicKey == same.publicKey)
    }
}
