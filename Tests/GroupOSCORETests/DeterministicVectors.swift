import COSE
import CoAP
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

/// The shape of `cacheable-oscore-draft.json`: the one exchange that the draft publishes.
struct CacheableVectors: Decodable {
    struct Setup: Decodable {
        let masterSecret: String
        let masterSalt: String
        let idContext: String
        let deterministicClientSenderId: String
        let serverSenderId: String
        let serverAuthCred: String
        let gmCred: String
    }

    struct Exchanged: Decodable {
        let deterministicClientSenderKey: String?
        let aadArray: String
        let aad: String
        let plaintext: String
        let requestHashValue: String?
        let requestHashOptionValue: String
        let encryptionKey: String
        let nonce: String
        let oscoreOptionValue: String
        let ciphertext: String
        let classIOptions: String?
        let countersignStructure: String?
        let plainSignature: String?
        let signatureKeystream: String?
        let keystreamInfo: String?
        let unprotected: String
        let protected: String
    }

    let algorithms: [String: Int]
    let setup: Setup
    let request: Exchanged
    let response: Exchanged

    static let shared: CacheableVectors = {
        do {
            return try VectorFile.load("cacheable-oscore-draft", convertsFromSnakeCase: true)
        } catch {
            fatalError("the vector file cannot be read: \(error)")
        }
    }()
}

/// The shape of `deterministic` in `group-oscore-generated.json`.
struct GeneratedDeterministicVectors: Decodable {
    struct Request: Decodable {
        let oscoreOptionValue: String
        let aadArray: String
        let plaintext: String
        let requestHash: String
        let pairwiseKey: String
        let nonce: String
        let aad: String
        let payload: String
    }

    struct Response: Decodable {
        let senderId: String
        let partialIv: String
        let oscoreOptionValue: String
        let aadArray: String
        let nonce: String
        let plaintext: String
        let toBeSigned: String
        let signature: String
        let keystream: String
        let payload: String
        let classIOptions: String
    }

    struct Exchange: Decodable {
        let deterministicClientSenderId: String
        let suite: String
        let deterministicClientSenderKey: String
        let request: Request
        let response: Response
    }

    let deterministic: Exchange

    static let shared: Exchange = {
        do {
            let file: GeneratedDeterministicVectors = try VectorFile.load(
                "group-oscore-generated", convertsFromSnakeCase: true)
            return file.deterministic
        } catch {
            fatalError("the vector file cannot be read: \(error)")
        }
    }()
}

extension GroupContext {
    /// The context of a member of suite A that knows the Deterministic Client of the vectors.
    static func deterministic(
        member id: String, afterRekey: Bool = false, sequence: UInt64 = 0, hash: HashAlgorithm = .sha256
    ) throws -> GroupContext {
        let context = try GroupContext.suiteA(member: id, afterRekey: afterRekey, sequence: sequence)
        try context.setDeterministicClient(
            DeterministicClient(senderID: try nobody(), hashAlgorithm: hash))
        return context
    }

    /// The Sender ID of the Deterministic Client of the vectors.
    static func nobody() throws -> SenderID {
        try #require(SenderID(bytes(CacheableVectors.shared.setup.deterministicClientSenderId)))
    }
}

/// The Code and the body of a whole datagram.
func message(_ datagram: String) throws -> (code: Code, body: [UInt8]) {
    let datagram = bytes(datagram)
    let (header, offset) = try DatagramCodec.decode(datagram.span)
    return (header.code, Array(datagram.dropFirst(offset)))
}
