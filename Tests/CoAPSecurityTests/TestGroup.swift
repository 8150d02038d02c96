import Bytes
import COSE
import CoAP
import CoAPEngine
import CoAPSecurity
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import Synchronization
import Testing

/// Where sequence numbers are reserved; outlives its node, and can be full.
final class TestDisk: SequenceNumberStore {
    struct Full: Error {}

    private let state = Mutex<(end: UInt64, isFull: Bool)>((0, false))

    var end: UInt64 { state.withLock(\.end) }

    func fill() { state.withLock { $0.isFull = true } }

    func reserve(below end: UInt64) throws {
        try state.withLock {
            if $0.isFull { throw Full() }
            $0.end = end
        }
    }
}

/// A group of members that are numbered from 1; member `n` has the Sender ID `[n]`.
struct TestGroup {
    static let address = IPv6Address(high: 0xff15 << 48, low: 0x1234)
    static let name = "lab"

    var algorithms = GroupAlgorithms(
        aead: .aesCCM_16_64_128, groupEncryption: .aesCCM_16_64_128, signature: .edDSA,
        pairwiseKeyAgreement: .ecdhSSHKDF256)
    var groupID: [UInt8] = [0xdd, 0x11]
    var size: UInt8 = 3
    /// Members whose credential the others have wrong: that of another key.
    var impostors: Set<UInt8> = []

    static func senderID(_ number: UInt8) throws -> SenderID { try #require(SenderID([number])) }

    static func seed(_ number: UInt8) -> [UInt8] { [UInt8](repeating: number, count: 32) }

    static func credential(_ number: UInt8) throws -> AuthenticationCredential {
        let key = try Ed25519PrivateKey(seed: seed(number).span)
        return AuthenticationCredential.ccs(subject: "member-\(number)", publicKey: key.publicKey)
    }

    /// One member as an endpoint is told of it.
    func member(_ number: UInt8, _ disk: TestDisk = TestDisk()) throws -> GroupAssociation {
        let others = try (1...size).filter { $0 != number }.map {
            try GroupAssociation.Member(
                senderID: Self.senderID($0), credential: Self.credential(impostors.contains($0) ? $0 + 100 : $0))
        }
        return GroupAssociation(
            name: Self.name, groupID: try #require(GroupID(groupID)), masterSecret: Array(1...16),
            algorithms: algorithms, managerCredential: try Self.credential(200).bytes,
            senderID: try Self.senderID(number), credential: try Self.credential(number),
            privateKey: Self.seed(number), members: others, reservedEnd: disk.end, store: disk)
    }

    /// A node that is this member.
    func node(
        _ number: UInt8, _ disk: TestDisk = TestDisk(), leisure: Duration = .milliseconds(10),
        change: (inout GroupAssociation) -> Void = { _ in }
    ) throws -> SecuredNode {
        var description = try member(number, disk)
        change(&description)
        return SecuredNode(UInt64(number), try EndpointSecurity(groups: [description]), leisure: leisure)
    }

    /// The context of a member, for tests that send what no endpoint would.
    func context(_ number: UInt8) throws -> GroupContext {
        var reservation = SequenceReservation(resumingAt: 0)
        reservation.extend(to: 1 << 39)
        let context = try GroupContext(
            groupID: try #require(GroupID(groupID)), masterSecret: Array<UInt8>(1...16).span, masterSalt: [],
            algorithms: algorithms, managerCredential: try Self.credential(200).bytes,
            senderID: try Self.senderID(number), credential: try Self.credential(number),
            privateKey: PrivateKey(.ed25519, secret: Self.seed(number).span), reservation: reservation)
        for other in 1...size where other != number {
            try context.addRecipient(Self.senderID(other), credential: Self.credential(other))
        }
        return context
    }

    static var everybody: PeerIdentity { GroupPeer.group(named: name).identity }

    static func only(_ number: UInt8, inGroupMode: Bool = false) throws -> PeerIdentity {
        let senderID = try senderID(number)
        return inGroupMode
            ? GroupPeer.memberInGroupMode(senderID, ofGroup: name).identity
            : GroupPeer.member(senderID, ofGroup: name).identity
    }

    /// A request to all members by multicast.
    static func toAll(
        _ message: Message, _ path: String, for deadline: Duration = .seconds(5), peer: PeerIdentity = everybody
    ) -> ClientRequest {
        var message = message
        message.options.uriPath = [path]
        return ClientRequest(
            message, to: SocketAddress(address, port: 5683), peer: peer,
            group: ResponseCollection(deadline: deadline))
    }

    /// A request to one node.
    static func toOne(_ message: Message, _ path: String, _ node: SecuredNode, _ peer: PeerIdentity) -> ClientRequest {
        var message = message
        message.options.uriPath = [path]
        return ClientRequest(message, to: node.address, peer: peer)
    }
}

/// How often a handler ran.
final class CallCount: Sendable {
    private let number = Mutex(0)
    var value: Int { number.withLock { $0 } }
    func increment() { number.withLock { $0 += 1 } }
}

extension Resource<SecuredRequest> {
    /// Answers GET with a text and takes group requests.
    static func text(_ text: String, calls: CallCount? = nil) -> Self {
        var properties = ResourceProperties()
        properties.groupAccess = .all
        return Resource(
            methods: [
                .get: .immediate { _ in
                    calls?.increment()
                    return ResourceResponse(.content, .textPlain, Array(text.utf8))
                }
            ], properties: properties)
    }
}
