import Bytes
import CBOR
import COSE
import CryptoPrimitives
import TestSupport
import Testing

/// Credentials come from strangers: what is cut short, padded, nested or repeated is refused.
struct CredentialBadInputTests {
    typealias Valid = AuthenticationCredentialTests.File.Valid

    private static func parse(_ bytes: [UInt8]) throws(CredentialError) -> AuthenticationCredential {
        try AuthenticationCredential(parsing: bytes.span, format: .ccs)
    }

    private static func refusal(_ bytes: [UInt8]) -> CredentialError? {
        do throws(CredentialError) {
            _ = try parse(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: try AuthenticationCredentialTests.File.load().valid)
    func noStrictPrefixIsAccepted(valid: Valid) throws {
        let bytes = try #require(Hex.decode(valid.ccs))
        for tag in [[], [0xd8, 0x3d], [0xd9, 0x02, 0x59]] as [[UInt8]] {
            let whole = tag + bytes
            _ = try Self.parse(whole)
            for count in 0..<whole.count {
                #expect(Self.refusal(Array(whole[..<count])) == .malformed(.truncated), "\(count) bytes")
            }
        }
    }

    /// Lengthening any head to its next longer form leaves the meaning and is refused, wherever it stands.
    @Test(arguments: try AuthenticationCredentialTests.File.load().valid)
    func noLengthMayTakeMoreBytesThanItNeeds(valid: Valid) throws {
        let bytes = try #require(Hex.decode(valid.ccs))
        var reader = CBORReader(bytes.span)
        var heads: [Int] = []
        while !reader.isAtEnd {
            heads.append(bytes.count - reader.remaining)
            switch reader.nextMajorType {
            case .map: _ = try reader.readMapHeader()
            default: try reader.skipItem()
            }
        }
        try #require(heads.count > 10)
        for head in heads where bytes[head] & 0x1f < 24 {
            var longer = bytes
            longer[head] = bytes[head] & 0xe0 | 24
            longer.insert(bytes[head] & 0x1f, at: head + 1)
            #expect(Self.refusal(longer) == .malformed(.notShortest), "at \(head)")
        }
    }

    @Test func nestingAndCountsBeyondReasonAreRefused() {
        let bombs: [([UInt8], CBORError)] = [
            (Array(repeating: 0x81, count: 100_000), .tooDeep), (Array(repeating: 0xc1, count: 100_000), .tooDeep),
            (Array(repeating: 0xa1, count: 100_000), .tooDeep), ([0xbb] + Array(repeating: 0xff, count: 8), .truncated),
            ([0xbb, 0x7f] + Array(repeating: 0xff, count: 7), .truncated),
            ([0x5b] + Array(repeating: 0xff, count: 8), .truncated), ([0xba, 0, 1, 0, 0, 0, 0], .truncated),
        ]
        for (bomb, reason) in bombs {
            // A tag in front is one of another kind: refused as such.
            let expected: CredentialError = bomb[0] == 0xc1 ? .malformed(.wrongType) : .malformed(reason)
            #expect(Self.refusal(bomb) == expected)
        }
    }

    /// A credential with its private part is refused, and the refusal does not repeat the key.
    @Test func noRefusalContainsBytesOfTheCredential() throws {
        let valid = try #require(try AuthenticationCredentialTests.File.load().valid.first)
        let seed = try #require(Hex.decode(valid.seed))
        let publicKey = try Ed25519PrivateKey(seed: seed.span).publicKey
        let leaky: CBORValue = [2: "dev", 8: [1: [1: 1, -1: 6, -2: .bytes(publicKey.bytes), -4: .bytes(seed)]]]
        let encoded = leaky.encoded()
        #expect(Self.refusal(encoded) == .containsPrivateKey)
        var refusals = [CredentialError.containsPrivateKey]
        for index in encoded.indices {
            var altered = encoded
            altered[index] ^= 0x5a
            if let refusal = Self.refusal(altered) { refusals.append(refusal) }
        }
        try #require(refusals.count > encoded.count / 2)
        for refusal in refusals {
            #expect(!SecretScan.finds(seed, in: refusal))
        }
    }
}
