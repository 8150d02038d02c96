import Bytes
import COSE
import CoAPEngine
import CoAPSecurity
import CryptoPrimitives
import GoscKit
import GroupOSCORE
import OSCORE
import Testing

/// How a client and a server protect what they say to each other.
enum ProtectionKind: CaseIterable, CustomTestStringConvertible {
    case oscore
    case groupMode
    case pairwiseMode

    static let group = [Self.groupMode, .pairwiseMode]

    var testDescription: String {
        switch self {
        case .oscore: "OSCORE"
        case .groupMode: "group mode"
        case .pairwiseMode: "pairwise mode"
        }
    }

    /// The contexts of a client, number 1, and of a server, number 2.
    func securities() throws -> (client: EndpointSecurity, server: EndpointSecurity) {
        switch self {
        case .oscore:
            (
                try EndpointSecurity(associations: [TestAssociation.make(1, 2)]),
                try EndpointSecurity(associations: [TestAssociation.make(2, 1)])
            )
        case .groupMode, .pairwiseMode:
            (
                try EndpointSecurity(groups: [TestMembers.association(1)]),
                try EndpointSecurity(groups: [TestMembers.association(2)])
            )
        }
    }

    /// What the client calls the server.
    func peer() throws -> PeerIdentity {
        switch self {
        case .oscore: try TestAssociation.make(1, 2).peer
        case .groupMode: GroupPeer.memberInGroupMode(try TestMembers.senderID(2), ofGroup: TestMembers.name).identity
        case .pairwiseMode: GroupPeer.member(try TestMembers.senderID(2), ofGroup: TestMembers.name).identity
        }
    }
}

/// Members of one group with made-up keys, number 1 to 3.
enum TestMembers {
    static let name = "floor"

    private struct NothingKept: SequenceNumberStore {
        func reserve(below end: UInt64) throws {}
    }

    static func senderID(_ number: UInt8) throws -> SenderID { try #require(SenderID([number])) }

    static func seed(_ number: UInt8) -> [UInt8] { Array(repeating: number, count: 32) }

    static func credential(_ number: UInt8) throws -> AuthenticationCredential {
        let key = try Ed25519PrivateKey(seed: seed(number).span)
        return .ccs(subject: "member \(number)", publicKey: key.publicKey)
    }

    static let algorithms = GroupAlgorithms(
        aead: .aesCCM_16_64_128, groupEncryption: GroupEncryptionAlgorithm(rawValue: 10), signature: .edDSA,
        pairwiseKeyAgreement: PairwiseKeyAgreementAlgorithm(rawValue: -27))

    static func association(_ number: UInt8, groupID: [UInt8] = [0xdd, 0x11]) throws -> GroupAssociation {
        var members: [GroupAssociation.Member] = []
        for other in UInt8(1)...3 where other != number {
            members.append(.init(senderID: try senderID(other), credential: try credential(other)))
        }
        return GroupAssociation(
            name: name, groupID: try #require(GroupID(groupID)), masterSecret: groupID + Array(0..<14),
            algorithms: algorithms, managerCredential: try credential(9).bytes, senderID: try senderID(number),
            credential: try credential(number), privateKey: seed(number), members: members, reservedEnd: 0,
            store: NothingKept())
    }
}
