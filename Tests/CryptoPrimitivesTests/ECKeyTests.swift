import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct ECKeyTests {
    struct Point: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let curve: String
        let x: String
        let y: String
        let yIsOdd: Bool
        var testDescription: String { name }
    }

    struct Refused: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let curve: String
        let x: String
        /// Absent for a compressed point.
        let y: String?
        let yIsOdd: Bool?
        let reason: String
        var testDescription: String { name }
    }

    struct Scalar: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let curve: String
        let secret: String
        var testDescription: String { name }
    }

    struct File: Decodable, Sendable {
        let points: [Refused]
        let scalars: [Scalar]
        static func load() throws -> File { try VectorFile.load("generated/ec-refused") }
    }

    struct Exchange: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let curve: String
        let secret: String
        let peerSecret: String
        let peerX: String
        let peerY: String
        let shared: String
        var testDescription: String { name }
    }

    static func points() throws -> [Point] { try CryptoVectors.load("generated/ec-points") }
    static func exchanges() throws -> [Exchange] { try CryptoVectors.load("generated/ecdh") }

    @Test(.requirement("GOSC-0067", "GOSC-0068", "GOSC-0287"), arguments: try exchanges())
    func secretIsTheCoordinateInFullWidth(vector: Exchange) throws {
        let kind = try KeyKind(vectorName: vector.curve)
        let (secret, peerSecret) = try (bytes(vector.secret), bytes(vector.peerSecret))
        let (x, y) = try (bytes(vector.peerX), bytes(vector.peerY))
        let peer = PublicKey.ec(try ECPublicKey(#require(kind.curve), x: x.span, y: y.span))
        let key = try PrivateKey(kind, secret: secret.span)
        let shared = try key.sharedSecret(with: peer)
        #expect(shared.count == kind.sharedSecretLength)
        #expect(Hex.encode([UInt8](copying: shared.bytes)) == vector.shared)
        let peerKey = try PrivateKey(kind, secret: peerSecret.span)
        let same = try peerKey.sharedSecret(with: key.publicKey)
        #expect(Hex.encode([UInt8](copying: same.bytes)) == vector.shared)
    }

    @Test(arguments: try points())
    func bothFormsOfAPointAreOneKey(point: Point) throws {
        let curve = try #require(KeyKind(vectorName: point.curve).curve)
        let (x, y) = try (bytes(point.x), bytes(point.y))
        let key = try ECPublicKey(curve, x: x.span, y: y.span)
        let compressed = try ECPublicKey(curve, x: x.span, yIsOdd: point.yIsOdd)
        #expect(key == compressed)
        #expect(key.hashValue == compressed.hashValue)
        #expect(compressed.y == y)
        let negative = try ECPublicKey(curve, x: x.span, yIsOdd: !point.yIsOdd)
        #expect(negative != key)
    }

    @Test(.requirement("GOSC-0359"), arguments: try File.load().points)
    func pointThatIsNotOfTheCurveIsRefused(case refused: Refused) throws {
        let curve = try #require(KeyKind(vectorName: refused.curve).curve)
        let x = try bytes(refused.x)
        do throws(CryptoError) {
            if let yIsOdd = refused.yIsOdd {
                _ = try ECPublicKey(curve, x: x.span, yIsOdd: yIsOdd)
            } else {
                let y = Hex.decode(refused.y ?? "") ?? []
                _ = try ECPublicKey(curve, x: x.span, y: y.span)
            }
            Issue.record("accepted")
        } catch {
            #expect("\(error)" == refused.reason)
        }
    }

    @Test(arguments: try File.load().scalars)
    func scalarOutOfRangeIsRefused(case refused: Scalar) throws {
        let secret = try bytes(refused.secret)
        let kind = try KeyKind(vectorName: refused.curve)
        var thrown: CryptoError?
        do throws(CryptoError) { _ = try PrivateKey(kind, secret: secret.span) } catch { thrown = error }
        #expect(thrown == .invalidKey)
    }
}
