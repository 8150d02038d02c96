import Bytes
import TestSupport
import Testing

/// The shape of `group-oscore-generated.json`, as far as group mode needs it.
struct GroupVectors: Decodable {
    struct Member: Decodable {
        let role: String
        let senderId: String
        let authCred: String
        let ed25519Seed: String
    }

    struct Group: Decodable {
        let masterSecret: String
        let masterSalt: String
        let gid: String
        let gmCred: String
        let members: [Member]
    }

    struct Algorithm: Decodable {
        let value: Int
    }

    struct Keys: Decodable {
        let infoCommonIv: String
        let commonIv: String
        let infoSignatureEncryptionKey: String?
        let signatureEncryptionKey: String?
        let maxSenderIdLen: Int?
        let senderKeys: [String: SenderKey]
        let pairwiseKeys: [PairwiseKey]?
    }

    struct SenderKey: Decodable {
        let info: String
        let key: String
    }

    struct PairwiseKey: Decodable {
        let from: String
        let to: String
        let sharedSecret: String
        let ikm: String
        let pairwiseKey: String
    }

    struct Rekey: Decodable {
        let newMasterSecret: String
        let newMasterSalt: String
        let newGid: String
        let keys: Keys?
    }

    struct Variant: Decodable {
        let payload: String?
        let toBeSigned: String?
    }

    struct GroupMessage: Decodable {
        let name: String
        let mode: String
        let senderId: String
        let recipientId: String?
        let requestKid: String
        let requestPiv: String
        let requestKidContext: String
        let partialIv: String?
        let oscoreOptionValue: String
        let nonce: String
        let aadArray: String
        let aad: String
        let plaintext: String
        let ciphertext: String
        let toBeSigned: String?
        let signature: String?
        let keystreamInfo: String?
        let keystreamSalt: String?
        let keystream: String?
        let payload: String
        let request: String?
        let securityContext: String?
        /// The same message with a Countersign_structure of four items.
        let variant4ElementCountersignStructure: Variant?

        var isRequest: Bool { request == nil }
    }

    struct Suite: Decodable {
        let id: String
        let aeadAlgorithm: Algorithm?
        let groupEncryptionAlgorithm: Algorithm?
        let signatureAlgorithm: Int?
        let pairwiseKeyAgreementAlgorithm: Int?
        let keys: Keys
        let afterRekey: Rekey?
        let messages: [GroupMessage]
    }

    let group: Group
    let suites: [Suite]

    static let shared: GroupVectors = {
        do {
            return try VectorFile.load("group-oscore-generated", convertsFromSnakeCase: true)
        } catch {
            fatalError("the vector file cannot be read: \(error)")
        }
    }()

    static var suiteA: Suite { shared.suites[0] }

    static func suite(_ id: String) throws -> Suite {
        try #require(shared.suites.first { $0.id == id })
    }

    func member(_ id: String) throws -> Member {
        try #require(group.members.first { $0.senderId == id })
    }
}

/// The bytes behind a hex string of a vector file.
func bytes(_ hex: String?) -> [UInt8] {
    Hex.decode(hex ?? "") ?? []
}
