// example: gosckit-member-imports
import Bytes
import COSE
import CoAP
import CoAPEngine
import CoAPSecurity
import CryptoPrimitives
import GoscKit
import GroupOSCORE
import OSCORE
import Synchronization
// end
import Testing

// example: gosckit-member-types
/// Where a member keeps which sequence numbers it may have used. A real one writes to a disk, and returns when it is there.
final class Numbers: SequenceNumberStore {
    private let end = Mutex<UInt64>(0)
    var reservedEnd: UInt64 { end.withLock(\.self) }
    func reserve(below end: UInt64) { self.end.withLock { $0 = max($0, end) } }
}

/// What the members of a group have been told: its keys, and each other's credentials.
struct Building {
    let groupID: GroupID
    let masterSecret: [UInt8]
    let managerCredential: [UInt8]
    let members: [GroupAssociation.Member]
    let algorithms = GroupAlgorithms(
        aead: .aesCCM_16_64_128, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
        pairwiseKeyAgreement: .ecdhSSHKDF256)

    /// The group as one of its members has it.
    func association(of own: GroupAssociation.Member, privateKey: [UInt8], numbers: Numbers) -> GroupAssociation {
        GroupAssociation(
            name: "floor-2", groupID: groupID, masterSecret: masterSecret, algorithms: algorithms,
            managerCredential: managerCredential, senderID: own.senderID, credential: own.credential,
            privateKey: privateKey, members: members.filter { $0.senderID != own.senderID },
            reservedEnd: numbers.reservedEnd, store: numbers)
    }
}
// end

struct GoscKitMemberExample {
    @Test func aMemberIsAskedByAnother() async throws {
        let (lampKey, switchKey) = ([UInt8](repeating: 1, count: 32), [UInt8](repeating: 2, count: 32))
        func member(_ senderID: UInt8, _ key: [UInt8], _ name: String) throws -> GroupAssociation.Member {
            let publicKey = try Ed25519PrivateKey(seed: key.span).publicKey
            return GroupAssociation.Member(
                senderID: try #require(SenderID([senderID])),
                credential: AuthenticationCredential.ccs(subject: name, publicKey: publicKey))
        }
        let lamp = try member(1, lampKey, "lamp")
        let wallSwitch = try member(2, switchKey, "switch")
        let building = Building(
            groupID: try #require(GroupID([0xb1, 0])), masterSecret: Array(1...16),
            managerCredential: try member(9, [UInt8](repeating: 9, count: 32), "manager").credential.bytes,
            members: [lamp, wallSwitch])
        let port: UInt16 = 0
        // example: gosckit-member
        var lampConfiguration = EndpointConfiguration(port: port)
        lampConfiguration.groupAssociations = [
            building.association(of: lamp, privateKey: lampKey, numbers: Numbers())
        ]
        let lampEndpoint = try CoAPEndpoint(lampConfiguration)
        await lampEndpoint.serveMembers(
            "light",
            [
                .put: { request in
                    print(request.verified.sender, request.verified.binding.isGroupMode, request.payload)
                    return ResourceResponse(.changed)
                }
            ])

        var switchConfiguration = EndpointConfiguration()
        switchConfiguration.groupAssociations = [
            building.association(of: wallSwitch, privateKey: switchKey, numbers: Numbers())
        ]
        let switchEndpoint = try CoAPEndpoint(switchConfiguration)
        let answer = try await switchEndpoint.request(
            .put, "coap://[::1]:\(lampEndpoint.localAddress.port)/light", payload: Array("on".utf8), format: .textPlain,
            peer: GroupPeer.member(lamp.senderID, ofGroup: "floor-2").identity)
        print(answer.code, answer.security, GroupPeer(answer.peer)?.senderID ?? lamp.senderID)
        // end
        #expect(answer.code == .changed)
        #expect(answer.security == .pairwiseMode)
        #expect(GroupPeer(answer.peer)?.senderID == lamp.senderID)
    }
}
