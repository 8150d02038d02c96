import Bytes
import TestSupport

/// The worked join of `Vectors/ace/join.json`, as bytes.
struct JoinVector: Decodable, Sendable {
    struct Party: Decodable, Sendable {
        let seed: HexBytes
        let credential: HexBytes
    }

    struct KeyMapFields: Decodable, Sendable {
        let master_secret: HexBytes
        let master_salt: HexBytes
        let group_id: HexBytes
        let sender_id: HexBytes
    }

    let client: Party
    let manager: Party
    let scope: HexBytes
    let kdc_challenge: HexBytes
    let client_nonce: HexBytes
    let kdc_nonce: HexBytes
    let control_uri: String
    let client_proof_input: HexBytes
    let client_evidence: HexBytes
    let join_request: HexBytes
    let monitor_join_request: HexBytes
    let key_map: HexBytes
    let key_map_fields: KeyMapFields
    let manager_proof_input: HexBytes
    let manager_evidence: HexBytes
    let error_0: HexBytes
    let error_9_with_title: HexBytes
    let policies: HexBytes

    static func load() throws -> JoinVector {
        try VectorFile.load("ace/join")
    }
}

/// A byte string written as hex in a vector file.
struct HexBytes: Decodable, Sendable {
    let bytes: [UInt8]

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard let bytes = Hex.decode(try container.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "not hex")
        }
        self.bytes = bytes
    }
}
