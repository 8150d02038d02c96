import Bytes
import CryptoPrimitives
import TestSupport
import Testing

/// The vector files of the primitives.
enum CryptoVectors {
    struct Cases<Case: Decodable & Sendable>: Decodable, Sendable {
        let cases: [Case]
    }

    struct AEAD: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let cipher: String
        let keyLength: Int
        let nonceLength: Int
        let tagLength: Int
        let key: String
        let nonce: String
        let aad: String
        let plaintext: String
        let ciphertext: String

        var testDescription: String { name }
        var kind: AEADKind {
            switch cipher {
            case "aesCCM": .aesCCM(keyLength: keyLength, nonceLength: nonceLength, tagLength: tagLength)
            case "aesGCM": .aesGCM(keyLength: keyLength)
            default: .chaCha20Poly1305
            }
        }
    }

    struct HKDF: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let hash: String
        let secret: String
        let salt: String
        let info: String
        let output: String

        var testDescription: String { name }
        var kind: HashKind {
            switch hash {
            case "sha256": .sha256
            case "sha384": .sha384
            default: .sha512
            }
        }
    }

    struct Ed25519: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let seed: String
        let publicKey: String
        let message: String
        let signature: String
        var testDescription: String { name }
    }

    struct Hash: Decodable, Sendable {
        let message: String
        let sha256: String
        let sha384: String
        let sha512: String
    }

    static func aead() throws -> [AEAD] { try load("rfc3610/packet-vectors") + load("generated/aead") }
    static func hkdf() throws -> [HKDF] {
        try load("rfc5869/sha256") + load("generated/hkdf") + load("generated/hkdf-lengths")
    }
    static func ed25519() throws -> [Ed25519] { try load("rfc8032/ed25519") + load("generated/ed25519") }
    static func hashes() throws -> [Hash] { try load("generated/hashes") }

    static func load<Case: Decodable & Sendable>(_ name: String) throws -> [Case] {
        let file: Cases<Case> = try VectorFile.load(name)
        return file.cases
    }
}

/// The bytes of a hexadecimal vector.
func bytes(_ hex: String) throws -> [UInt8] {
    try #require(Hex.decode(hex))
}
