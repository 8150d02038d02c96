import Bytes
import CryptoPrimitives
import Testing

/// Points as certificates have them (SEC 1 §2.3.3), and which keys agree on secrets.
struct EncodedPointTests {
    private static let kinds: [KeyKind] = [.p256, .p384, .p521]

    private static func key(_ kind: KeyKind) throws -> ECPublicKey {
        let secret = [0] + [UInt8](repeating: 1, count: kind.secretLength - 1)
        guard case .ec(let key) = try PrivateKey(kind, secret: secret.span).publicKey else {
            throw CryptoError.unsupported
        }
        return key
    }

    @Test(arguments: kinds)
    func everyFormGivesTheSamePoint(kind: KeyKind) throws {
        let key = try Self.key(kind)
        let last = try #require(key.y.last)
        for encoded in [[4] + key.x + key.y, [2 | last & 1] + key.x] {
            #expect(try ECPublicKey(key.curve, encoded: encoded.span) == key)
        }
        let other = [3 - last & 1] + key.x
        #expect(try ECPublicKey(key.curve, encoded: other.span) != key)
    }

    @Test(arguments: kinds)
    func otherLengthsAndFormsAreRefused(kind: KeyKind) throws {
        let key = try Self.key(kind)
        let refused: [[UInt8]] = [
            [], [4], [2], [4] + key.x, [4] + key.x + key.y.dropLast(), [4] + key.x + key.y + [0],
            [2] + key.x.dropLast(),
            [3] + key.x + [0], [0] + key.x + key.y, [5] + key.x, [6] + key.x + key.y,
        ]
        for encoded in refused {
            #expect(throws: CryptoError.invalidKey, "\(encoded.count)") {
                try ECPublicKey(key.curve, encoded: encoded.span)
            }
        }
        let shifted = [4] + key.x + key.y.reversed()
        #expect(throws: CryptoError.invalidPoint) { try ECPublicKey(key.curve, encoded: shifted.span) }
    }

    @Test func keysOfOneCurveShareSecrets() {
        for kind in KeyKind.allCases {
            for other in KeyKind.allCases {
                let isCurve25519 = [kind, other].allSatisfy { $0 == .ed25519 || $0 == .x25519 }
                #expect(kind.sharesSecrets(with: other) == (kind == other || isCurve25519), "\(kind), \(other)")
            }
        }
    }
}
