import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct X25519Tests {
    struct Exchange: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let scalar: String
        let u: String
        let shared: String
        var testDescription: String { name }
    }

    struct SmallOrder: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let u: String
        var testDescription: String { name }
    }

    struct File: Decodable, Sendable {
        let smallOrder: [SmallOrder]
        static func load() throws -> File { try VectorFile.load("generated/x25519") }
    }

    static func exchanges() throws -> [Exchange] {
        try CryptoVectors.load("rfc7748/x25519") + CryptoVectors.load("generated/x25519")
    }

    @Test(.requirement("GOSC-0067", "GOSC-0068", "GOSC-0287"), arguments: try exchanges())
    func vectorIsExchanged(vector: Exchange) throws {
        let (scalar, u) = try (bytes(vector.scalar), bytes(vector.u))
        let key = try PrivateKey(.x25519, secret: scalar.span)
        let shared = try key.sharedSecret(with: .x25519(X25519PublicKey(u.span)))
        #expect(Hex.encode([UInt8](copying: shared.bytes)) == vector.shared)
    }

    /// RFC 7748 §5.2: the base point is 9, so the public key is the exchange with it.
    @Test func publicKeyIsTheExchangeWithTheBasePoint() throws {
        let vector = try #require(try Self.exchanges().first)
        let (scalar, base) = (try bytes(vector.scalar), [9] + [UInt8](repeating: 0, count: 31))
        let key = try X25519PrivateKey(scalar: scalar.span)
        let shared = try key.sharedSecret(with: X25519PublicKey(base.span))
        #expect(key.publicKey.bytes == [UInt8](copying: shared.bytes))
    }

    @Test(.requirement("GOSC-0076"), arguments: try File.load().smallOrder)
    func keyOfSmallOrderIsRefused(case refused: SmallOrder) throws {
        let u = try bytes(refused.u)
        var thrown: CryptoError?
        do throws(CryptoError) { _ = try X25519PublicKey(u.span) } catch { thrown = error }
        #expect(thrown == .invalidPoint)
    }

    @Test(arguments: [0, 31, 33, 64])
    func anotherLengthIsRefused(length: Int) {
        let bytes = [UInt8](repeating: 9, count: length)
        var thrown: CryptoError?
        do throws(CryptoError) { _ = try X25519PublicKey(bytes.span) } catch { thrown = error }
        #expect(thrown == .invalidKey)
        thrown = nil
        do throws(CryptoError) { _ = try PrivateKey(.x25519, secret: bytes.span) } catch { thrown = error }
        #expect(thrown == .invalidKey)
    }
}
