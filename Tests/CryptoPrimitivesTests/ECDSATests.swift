import Bytes
import CryptoPrimitives
import TestSupport
import Testing

struct ECDSATests {
    struct Vector: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let curve: String
        let secret: String
        let x: String
        let y: String
        let message: String
        let signature: String
        var testDescription: String { name }
    }

    struct Refused: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let curve: String
        let x: String
        let y: String
        let message: String
        let signature: String
        var testDescription: String { name }
    }

    struct File: Decodable, Sendable {
        let signatures: [Refused]
        static func load() throws -> File { try VectorFile.load("generated/ec-refused") }
    }

    static func vectors() throws -> [Vector] { try CryptoVectors.load("generated/ecdsa") }

    private static func sign(_ key: borrowing PrivateKey, _ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        let length = key.publicKey.kind.signatureKind?.signatureLength ?? 0
        return try [UInt8](capacity: length) { output throws(CryptoError) in
            try key.sign(message.span, into: &output)
        }
    }

    @Test(.requirement("ALG-0006", "GOSC-0155", "GOSC-0283", "GOSC-0284"), arguments: try vectors())
    func vectorIsVerifiedAndItsKeySigns(vector: Vector) throws {
        let (secret, message, signature) = try (
            bytes(vector.secret), bytes(vector.message), bytes(vector.signature)
        )
        let kind = try KeyKind(vectorName: vector.curve)
        let key = try PrivateKey(kind, secret: secret.span)
        let (x, y) = try (bytes(vector.x), bytes(vector.y))
        let publicKey = PublicKey.ec(try ECPublicKey(#require(kind.curve), x: x.span, y: y.span))
        #expect(key.publicKey == publicKey)
        #expect(publicKey.accepts(signature, for: message))
        let own = try Self.sign(key, message)
        #expect(own.count == signature.count)
        #expect(publicKey.accepts(own, for: message))
        let other = message + [0]
        #expect(!publicKey.accepts(own, for: other))
    }

    @Test(arguments: try vectors())
    func anyChangeInvalidatesTheSignature(vector: Vector) throws {
        let (message, signature) = try (bytes(vector.message), bytes(vector.signature))
        let (x, y) = try (bytes(vector.x), bytes(vector.y))
        let key = try ECPublicKey(#require(KeyKind(vectorName: vector.curve).curve), x: x.span, y: y.span)
        for index in signature.indices {
            var changed = signature
            changed[index] ^= 1
            #expect(!key.accepts(changed, for: message))
        }
        for length in 0..<signature.count {
            let cut = Array(signature[..<length])
            #expect(!key.accepts(cut, for: message))
        }
    }

    /// Zeros, numbers from the order upwards, DER, other widths, another hash, another key.
    @Test(.requirement("ALG-0006"), arguments: try File.load().signatures)
    func signatureOfAnotherFormIsRefused(case refused: Refused) throws {
        let (x, y) = try (bytes(refused.x), bytes(refused.y))
        let key = try ECPublicKey(#require(KeyKind(vectorName: refused.curve).curve), x: x.span, y: y.span)
        let (signature, message) = try (bytes(refused.signature), bytes(refused.message))
        #expect(!key.accepts(signature, for: message))
    }

    /// Signs until an r or s is shorter than the curve, which one in 128 signatures is.
    @Test(.requirement("ALG-0006"), arguments: [KeyKind.p256, .p384, .p521])
    func shortNumberKeepsItsLeadingZeros(kind: KeyKind) throws {
        let key = try PrivateKey(kind, secret: [UInt8](repeating: 1, count: kind.secretLength).span)
        for number in 0..<10_000 {
            let message = [UInt8(truncatingIfNeeded: number), UInt8(number >> 8)]
            let signature = try Self.sign(key, message)
            #expect(signature.count == kind.signatureKind?.signatureLength)
            #expect(key.publicKey.accepts(signature, for: message))
            if signature[0] == 0 || signature[signature.count / 2] == 0 { return }
        }
        Issue.record("no short number")
    }

    /// GOSC-0285: the per-message number is drawn with randomness, so that a fault cannot repeat it.
    @Test(.requirement("GOSC-0285"))
    func sameMessageIsSignedDifferentlyEachTime() throws {
        let key = try PrivateKey(.p256, secret: [UInt8](repeating: 1, count: 32).span)
        let (first, second) = try (Self.sign(key, [1]), Self.sign(key, [1]))
        #expect(first[..<32] != second[..<32])
    }

    @Test(arguments: [KeyKind.p256, .p384, .p521])
    func signatureNeedsRoom(kind: KeyKind) throws {
        let key = try PrivateKey(kind, secret: [UInt8](repeating: 1, count: kind.secretLength).span)
        var thrown: CryptoError?
        _ = [UInt8](capacity: 2 * kind.secretLength - 1) { output in
            do throws(CryptoError) { try key.sign([1].span, into: &output) } catch { thrown = error }
            #expect(output.count == 0)
        }
        #expect(thrown == .invalidLength)
    }
}

extension KeyKind {
    /// The kind that a vector file names by its curve.
    init(vectorName: String) throws {
        self = try #require([KeyKind.p256, .p384, .p521].first { "\($0)" == vectorName })
    }
}
