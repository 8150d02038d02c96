import Bytes
import COSE
import CryptoPrimitives
import OSCORE
import TestSupport
import Testing

@testable import GroupOSCORE

extension GroupAlgorithms {
    /// The algorithms of a suite of the vectors.
    init(_ suite: GroupVectors.Suite) {
        self.init(
            aead: suite.aeadAlgorithm.map { AEADAlgorithm(rawValue: $0.value) },
            groupEncryption: suite.groupEncryptionAlgorithm.map { GroupEncryptionAlgorithm(rawValue: $0.value) },
            signature: suite.signatureAlgorithm.map { SignatureAlgorithm(rawValue: $0) },
            pairwiseKeyAgreement: suite.pairwiseKeyAgreementAlgorithm.map {
                PairwiseKeyAgreementAlgorithm(rawValue: $0)
            })
    }

    /// Suite A: both modes, AES-CCM-16-64-128 twice.
    static var suiteA: Self { GroupAlgorithms(GroupVectors.suiteA) }
}

/// Numbers from `next` on, a thousand of them durable.
func numbers(from next: UInt64 = 0) -> SequenceReservation {
    var reservation = SequenceReservation(resumingAt: next)
    reservation.extend(to: next + 1000)
    return reservation
}

extension GroupContext {
    /// The context of one member of suite A, all others known to it.
    static func suiteA(
        member id: String, afterRekey: Bool = false, sequence: UInt64 = 0, windowSize: Int = 32,
        signsWithKeyOf signer: String? = nil, credentialOf owner: String? = nil,
        countersignItems: CountersignStructure.ItemCount = .five
    ) throws -> GroupContext {
        try vectors(
            "A", member: id, afterRekey: afterRekey, sequence: sequence, windowSize: windowSize, signsWithKeyOf: signer,
            credentialOf: owner, countersignItems: countersignItems)
    }

    /// The context of one member of a suite, all others known to it.
    static func vectors(
        _ suiteID: String, member id: String, afterRekey: Bool = false, sequence: UInt64 = 0, windowSize: Int = 32,
        algorithms: GroupAlgorithms? = nil, managerCredential: [UInt8]? = nil, signsWithKeyOf signer: String? = nil,
        credentialOf owner: String? = nil, countersignItems: CountersignStructure.ItemCount = .five
    ) throws -> GroupContext {
        let vectors = GroupVectors.shared
        let suite = try GroupVectors.suite(suiteID)
        let rekey = afterRekey ? suite.afterRekey : nil
        let signer = try vectors.member(signer ?? id)
        let context = try GroupContext(
            groupID: try #require(GroupID(bytes(rekey?.newGid ?? vectors.group.gid))),
            masterSecret: bytes(rekey?.newMasterSecret ?? vectors.group.masterSecret).span,
            masterSalt: bytes(rekey?.newMasterSalt ?? vectors.group.masterSalt),
            algorithms: algorithms ?? GroupAlgorithms(suite),
            managerCredential: managerCredential ?? bytes(vectors.group.gmCred), keyGeneration: afterRekey ? 1 : 0,
            senderID: try #require(SenderID(bytes(id))),
            credential: try credential(of: try vectors.member(owner ?? id)),
            uncheckedPrivateKey: PrivateKey(try Ed25519PrivateKey(seed: bytes(signer.ed25519Seed).span)),
            reservation: numbers(from: sequence), replayWindowSize: windowSize, countersignItems: countersignItems)
        try context.addMembers(except: id)
        return context
    }

    /// A silent server of suite A that knows every member.
    static func silentServer() throws -> GroupContext {
        let vectors = GroupVectors.shared
        let context = try GroupContext(
            silentServerOf: try #require(GroupID(bytes(vectors.group.gid))),
            masterSecret: bytes(vectors.group.masterSecret).span, masterSalt: bytes(vectors.group.masterSalt),
            algorithms: .suiteA, managerCredential: bytes(vectors.group.gmCred))
        try context.addMembers(except: nil)
        return context
    }

    func addMembers(except id: String?) throws {
        for other in GroupVectors.shared.group.members where other.senderId != id {
            try addRecipient(
                try #require(SenderID(bytes(other.senderId))), credential: try Self.credential(of: other))
        }
    }

    static func credential(of member: GroupVectors.Member) throws -> AuthenticationCredential {
        try AuthenticationCredential(parsing: bytes(member.authCred).span, format: .ccs)
    }

    /// The identifier of a member that has one.
    var ownID: SenderID {
        get throws { try #require(senderID) }
    }
}
