import Bytes
import Foundation
import TestSupport

/// The shape of `rfc8613.json`.
struct RFC8613Vectors: Decodable {
    struct Side: Decodable {
        let masterSecret: String
        let masterSalt: String?
        let idContext: String?
        let senderId: String
        let recipientId: String
        let infoSenderKey: String
        let infoRecipientKey: String
        let infoCommonIv: String
        let senderKey: String
        let recipientKey: String
        let commonIv: String
        let partialIvForNonces: String
        let senderNonce: String
        let recipientNonce: String
    }

    struct Vector: Decodable {
        let id: String
        let kind: String
        // key derivation
        let client: Side?
        let server: Side?
        // messages
        let context: String?
        let request: String?
        let unprotectedRequest: String?
        let protectedRequest: String?
        let unprotectedResponse: String?
        let protectedResponse: String?
        let requestKid: String?
        let requestPiv: String?
        let partialIv: String?
        let aadArray: String?
        let aad: String?
        let plaintext: String?
        let nonce: String?
        let oscoreOptionValue: String?
        let ciphertext: String?
    }

    struct Compression: Decodable {
        let message: String
        let kid: String?
        let partialIv: String?
        let kidContext: String?
        let optionValue: String
    }

    struct AADExample: Decodable {
        let aeadAlg: Int
        let requestKid: String
        let requestPiv: String
        let aadArray: String
        let aad: String
    }

    struct Extra: Decodable {
        let aadExample54: AADExample
        let compressionExamples63: [Compression]
    }

    let vectors: [Vector]
    let extra: Extra

    static let shared: RFC8613Vectors = load("rfc8613")

    static func load(_ name: String) -> RFC8613Vectors {
        do {
            return try VectorFile.load(name, convertsFromSnakeCase: true)
        } catch {
            fatalError("the vector file \(name) cannot be read: \(error)")
        }
    }

    /// A derivation by the name that message vectors use: "C.1.1" is the client of C.1, "C.1.2" the server.
    func side(_ name: String) -> Side? {
        let parts = name.split(separator: ".")
        let vector = vectors.first { $0.id == parts.prefix(2).joined(separator: ".") }
        return parts.last == "1" ? vector?.client : vector?.server
    }
}

/// The bytes behind a hex string of a vector file.
func bytes(_ hex: String?) -> [UInt8] {
    Hex.decode(hex ?? "") ?? []
}
