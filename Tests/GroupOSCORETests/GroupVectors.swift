import Bytes
import COSE
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

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
        let commonIv: String
        let signatureEncryptionKey: String?
        let senderKeys: [String: SenderKey]
    }

    struct SenderKey: Decodable {
        let key: String
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

    /// The parameters of suite A after its rekeying.
    static func rekeyed() throws -> Rekey {
        try #require(suiteA.afterRekey)
    }

    func member(_ id: String) throws -> Member {
        try #require(group.members.first { $0.senderId == id })
    }
}

/// The bytes behind a hex string of a vector file.
func bytes(_ hex: String?) -> [UInt8] {
    Hex.decode(hex ?? "") ?? []
}

extension GroupContext {
    /// The context of one member of suite A, all others known to it.
    static func suiteA(
        member id: String, afterRekey: Bool = false, sequence: UInt64 = 0, windowSize: Int = 32,
        signsWithKeyOf signer: String? = nil, countersignItems: CountersignStructure.ItemCount = .five
    ) throws -> GroupContext {
        let vectors = GroupVectors.shared
        let suite = GroupVectors.suiteA
        let member = try vectors.member(id)
        let signer = try vectors.member(signer ?? id)
        var reservation = SequenceReservation(resumingAt: sequence)
        reservation.extend(to: sequence + 1000)
        let credential = { (hex: String) in
            try AuthenticationCredential(parsing: bytes(hex).span, format: .ccs)
        }
        let context = try GroupContext(
            groupID: try #require(GroupID(bytes(afterRekey ? try GroupVectors.rekeyed().newGid : vectors.group.gid))),
            masterSecret: bytes(afterRekey ? try GroupVectors.rekeyed().newMasterSecret : vectors.group.masterSecret)
                .span,
            masterSalt: bytes(afterRekey ? try GroupVectors.rekeyed().newMasterSalt : vectors.group.masterSalt),
            algorithms: GroupAlgorithms(
                aead: suite.aeadAlgorithm.map { AEADAlgorithm(rawValue: $0.value) },
                groupEncryption: suite.groupEncryptionAlgorithm.map { GroupEncryptionAlgorithm(rawValue: $0.value) },
                signature: suite.signatureAlgorithm.map { SignatureAlgorithm(rawValue: $0) },
                pairwiseKeyAgreement: suite.pairwiseKeyAgreementAlgorithm.map {
                    PairwiseKeyAgreementAlgorithm(rawValue: $0)
                }),
            managerCredential: bytes(vectors.group.gmCred), senderID: try #require(SenderID(bytes(id))),
            credential: try credential(member.authCred),
            uncheckedPrivateKey: try Ed25519PrivateKey(seed: bytes(signer.ed25519Seed).span), reservation: reservation,
            replayWindowSize: windowSize, countersignItems: countersignItems)
        for other in vectors.group.members where other.senderId != id {
            try context.addRecipient(
                try #require(SenderID(bytes(other.senderId))), credential: try credential(other.authCred))
        }
        return context
    }
}
