import Bytes
import CryptoPrimitives
import TestSupport
import Testing

/// Ed25519 keys that agree on secrets: RFC 10021 §2.5.2.1.
struct MontgomeryFormTests {
    struct Group: Decodable, Sendable {
        struct Valid: Decodable, Sendable {
            let ed25519Seed: String
            let ed25519Public: String
            let x25519SecretBeforeClamping: String
            let x25519Public: String
        }

        struct Rejected: Decodable, Sendable, CustomTestStringConvertible {
            let ed25519Public: String
            let reason: String
            var testDescription: String { reason }
        }

        struct Mapping: Decodable, Sendable {
            let valid: [Valid]
            let mustReject: [Rejected]
        }

        let ed25519ToX25519: Mapping

        static func load() throws -> Mapping {
            let file: Group = try VectorFile.load("group-oscore-generated", convertsFromSnakeCase: true)
            return file.ed25519ToX25519
        }
    }

    struct Exchange: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let seed: String
        let scalar: String
        let peer: String
        let peerMontgomery: String
        let shared: String
        var testDescription: String { name }
    }

    struct File: Decodable, Sendable {
        let ed25519: [Exchange]
        static func load() throws -> File { try VectorFile.load("generated/x25519") }
    }

    @Test(.requirement("GOSC-0068", "GOSC-0072", "GOSC-0074"))
    func keysOfTheGroupVectorsAreMapped() throws {
        let vectors = try Group.load().valid
        #expect(vectors.count == 3)
        for vector in vectors {
            let (seed, scalar) = try (bytes(vector.ed25519Seed), bytes(vector.x25519SecretBeforeClamping))
            let encoded = try bytes(vector.ed25519Public)
            let publicKey = try Ed25519PublicKey(encoded.span)
            let mapped = try publicKey.montgomeryForm()
            #expect(Hex.encode(mapped.bytes) == vector.x25519Public)
            let key = try Ed25519PrivateKey(seed: seed.span)
            #expect(key.publicKey == publicKey)
            let mappedKey = try key.montgomeryForm()
            #expect(mappedKey.publicKey == mapped)
            let same = try X25519PrivateKey(scalar: scalar.span)
            #expect(same.publicKey == mapped)
            // The seed itself is another scalar.
            let wrong = try X25519PrivateKey(scalar: seed.span)
            #expect(wrong.publicKey != mapped)
        }
    }

    /// Both sides, from the keys of every two members of the group vectors.
    @Test(.requirement("GOSC-0067", "GOSC-0287"))
    func secretsOfTheGroupVectorsAreAgreedOn() throws {
        let file: Agreement = try VectorFile.load("group-oscore-generated", convertsFromSnakeCase: true)
        var compared = 0
        for pair in file.suites.compactMap(\.keys.pairwiseKeys).joined() {
            for (own, other) in [(pair.from, pair.to), (pair.to, pair.from)] {
                let seed = try bytes(#require(file.group.members.first { $0.senderId == own }).ed25519Seed)
                let encoded = try bytes(#require(file.group.members.first { $0.senderId == other }).ed25519Public)
                let key = try PrivateKey(.ed25519, secret: seed.span)
                let shared = try key.sharedSecret(with: .ed25519(Ed25519PublicKey(encoded.span)))
                #expect(Hex.encode([UInt8](copying: shared.bytes)) == pair.sharedSecret)
                compared += 1
            }
        }
        #expect(compared >= 6)
    }

    struct Agreement: Decodable {
        struct Member: Decodable {
            let senderId: String
            let ed25519Seed: String
            let ed25519Public: String
        }

        struct Body: Decodable {
            let members: [Member]
        }

        struct Pair: Decodable {
            let from: String
            let to: String
            let sharedSecret: String
        }

        struct Keys: Decodable {
            let pairwiseKeys: [Pair]?
        }

        struct Suite: Decodable {
            let keys: Keys
        }

        let group: Body
        let suites: [Suite]
    }

    @Test(.requirement("GOSC-0067", "GOSC-0068", "GOSC-0072", "GOSC-0074"), arguments: try File.load().ed25519)
    func secretIsThatOfTheMappedKeys(vector: Exchange) throws {
        let (seed, scalar, encoded) = try (bytes(vector.seed), bytes(vector.scalar), bytes(vector.peer))
        let peer = try Ed25519PublicKey(encoded.span)
        #expect(try Hex.encode(peer.montgomeryForm().bytes) == vector.peerMontgomery)
        let key = try PrivateKey(.ed25519, secret: seed.span)
        let shared = try key.sharedSecret(with: .ed25519(peer))
        #expect(Hex.encode([UInt8](copying: shared.bytes)) == vector.shared)
        let montgomery = try PrivateKey(.x25519, secret: scalar.span)
        let same = try montgomery.sharedSecret(with: .x25519(peer.montgomeryForm()))
        #expect(Hex.encode([UInt8](copying: same.bytes)) == vector.shared)
    }

    @Test(.requirement("GOSC-0073", "GOSC-0076"), arguments: try Group.load().mustReject)
    func unmappablePeerIsRefusedBeforeAnySecret(case refused: Group.Rejected) throws {
        let encoded = try bytes(refused.ed25519Public)
        var thrown: CryptoError?
        do throws(CryptoError) { _ = try Ed25519PublicKey(encoded.span) } catch { thrown = error }
        #expect(thrown == .invalidPoint)
    }
}
