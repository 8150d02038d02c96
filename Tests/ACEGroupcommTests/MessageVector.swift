import Bytes
import TestSupport
import Testing

/// The worked messages of `Vectors/ace/messages.json`, as bytes.
struct MessageVector: Decodable, Sendable {
    struct Agreement: Decodable, Sendable {
        let kind: String
        let client: HexBytes
        let manager: HexBytes
        let client_mac: HexBytes
        let manager_mac: HexBytes?
    }

    let messages: [String: HexBytes]
    let scope: HexBytes
    let extended_scope: HexBytes
    let signature_encryption_key: HexBytes
    let input_salt: HexBytes
    let nonce1: HexBytes
    let nonce2: HexBytes
    let master_salt: HexBytes
    let master_salt_without_input: HexBytes
    let manager_credential: HexBytes
    let client_proof_input: HexBytes
    let manager_proof_input: HexBytes
    let macs: [Agreement]
    let stale_sender_ids: HexBytes

    static func load() throws -> MessageVector {
        try VectorFile.load("ace/messages")
    }

    func message(_ name: String) throws -> [UInt8] {
        try #require(messages[name], "no message \(name)").bytes
    }
}

/// The tokens of `Vectors/ace/tokens.json`.
struct TokenVector: Decodable, Sendable {
    struct Issuer: Decodable, Sendable {
        let kind: String
        let secret: HexBytes
    }

    struct Token: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let key: String
        let token: HexBytes
        var testDescription: String { name }
    }

    struct Refused: Decodable, Sendable, CustomTestStringConvertible {
        let name: String
        let reason: String
        let token: HexBytes
        var testDescription: String { name }
    }

    let shared: HexBytes
    let wide: HexBytes
    let manager_scalar: HexBytes
    let issuers: [Issuer]
    let claims: HexBytes
    let master_secret: HexBytes
    let tokens: [Token]
    let refused: [Refused]

    static func load() throws -> TokenVector {
        try VectorFile.load("ace/tokens")
    }
}
