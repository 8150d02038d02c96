import Bytes
import COSE
import CoAP
import CryptoPrimitives
import GroupOSCORE
import OSCORE
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine
@testable import CoAPSecurity

/// Bodies that do not fit into one message of a group, and groups that get new keys meanwhile.
struct GroupTransferTests {
    private static let groupAddress = SocketAddress(TestGroup.address, port: 5683)

    private static func options(_ sent: Floor.Sent) throws -> (isGroupMode: Bool, groupID: [UInt8]?) {
        let value = try #require(sent.message.options.oscore)
        let option = try OSCOREOption(value.span)
        let groupID: [UInt8]? = if let context = option.kidContext { [UInt8](copying: context) } else { nil }
        return (option.isGroupMode, groupID)
    }

    private static func node(
        _ number: UInt8, _ group: TestGroup, on floor: Floor, stored: StoredBody = StoredBody()
    ) throws -> FloorEndpoint {
        var settings = RequestServerSettings()
        settings.leisure = Leisure(window: .milliseconds(50))
        let body = SecuredBlockTests.body.map { $0 &+ number }
        let node = FloorEndpoint(
            UInt64(number), try EndpointSecurity(groups: [group.member(number)]), settings: settings
        ) { tree in
            var properties = ResourceProperties()
            properties.groupAccess = .all
            tree.register(
                path: ["t"],
                Resource(
                    methods: [
                        .get: .immediate { _ in ResourceResponse(.content, .octetStream, body) },
                        .put: .immediate { request in
                            stored.set(request.payload)
                            return ResourceResponse(.changed)
                        },
                    ], properties: properties))
        }
        floor.add(node)
        return node
    }

    @Test(.requirement("GOSC-0350"), arguments: [true, false])
    func laterBlocksAreFetchedFromEachMemberAlone(hasPairwiseMode: Bool) throws {
        let floor = Floor()
        var group = TestGroup()
        if !hasPairwiseMode {
            group.algorithms.aead = nil
            group.algorithms.pairwiseKeyAgreement = nil
        }
        let client = try Self.node(1, group, on: floor)
        let servers = try [2, 3].map { try Self.node($0, group, on: floor) }
        var message = Message(code: .get)
        message.options.uriPath = ["t"]
        let id = try client.start(
            ClientRequest(
                message, to: Self.groupAddress, peer: TestGroup.everybody,
                group: ResponseCollection(deadline: .seconds(30))), on: floor)
        floor.run(for: .seconds(60))
        let bodies = Set((client.responses[id] ?? []).map(\.message.payload))
        #expect(bodies == Set([2, 3].map { number in SecuredBlockTests.body.map { $0 &+ number } }))
        let requests = floor.requests(of: client)
        #expect(requests.filter { $0.destination.address.isMulticast }.count == 1)
        for server in servers {
            let further = requests.filter { $0.destination == server.address }
            #expect(further.count >= 3)
            for request in further { #expect(try Self.options(request).isGroupMode == !hasPairwiseMode) }
        }
        #expect(servers.allSatisfy { $0.refused == 0 })
    }

    /// What has come under the old keys goes on under the new ones: it is known by its sender and not by the Gid.
    @Test(.requirement("GOSC-0340"), arguments: ProtectionKind.group)
    func anUploadGoesOnUnderNewKeys(kind: ProtectionKind) throws {
        let floor = Floor()
        let stored = StoredBody()
        let client = FloorEndpoint(1, try EndpointSecurity(groups: [TestGroup().member(1)]))
        let server = try Self.node(2, TestGroup(), on: floor, stored: stored)
        var groups: [[UInt8]?] = []
        for number in 0..<4 {
            if number == 2 {
                try Self.rekey(client, 1, at: floor.now)
                try Self.rekey(server, 2, at: floor.now)
            }
            let start = number * 1_024
            var message = Message(code: .put, payload: Array(SecuredBlockTests.body[start..<start + 1_024]))
            message.options.uriPath = ["t"]
            message.options.requestTags = [[1]]
            message.options.block1 = BlockOption(number: UInt32(number), isMore: number < 3, size: .bytes1024)
            let (_, inner) = try SecuredBlockTests.ask(
                message, kind, of: &client.endpoint.protection, server, on: floor)
            #expect(inner?.code == (number < 3 ? .continue : .changed))
            groups.append(try Self.options(try #require(floor.injected.last)).groupID)
        }
        #expect(groups == [[0xdd, 0x11], [0xdd, 0x11], [0xdd, 0x12], [0xdd, 0x12]])
        #expect(stored.bodies == [SecuredBlockTests.body])
    }

    /// Which member learns of the new keys first.
    enum Rekeyed: CaseIterable {
        case both
        case serverFirst
        case clientFirst
    }

    /// What was under way when the keys changed is lost; whoever asks again begins with the first block.
    @Test(.requirement("GOSC-0340"), arguments: ProtectionKind.group, Rekeyed.allCases)
    func newKeysMeanwhileMixNoBodies(kind: ProtectionKind, rekeyed: Rekeyed) throws {
        let floor = Floor()
        let stored = StoredBody()
        let client = try Self.node(1, TestGroup(), on: floor)
        let server = try Self.node(2, TestGroup(), on: floor, stored: stored)
        var hasBegun = false
        floor.isDelivered = { sent in
            // The first block has been taken, and its answer is under way.
            guard sent.source == server.address, !hasBegun else { return true }
            hasBegun = true
            if rekeyed != .clientFirst { try? Self.rekey(server, 2, at: floor.now) }
            if rekeyed != .serverFirst { try? Self.rekey(client, 1, at: floor.now) }
            return true
        }
        let put = { (body: [UInt8]) in
            var message = Message(code: .put, payload: body)
            message.options.uriPath = ["t"]
            let id = try client.start(ClientRequest(message, to: server.address, peer: kind.peer()), on: floor)
            floor.run(for: .milliseconds(200))
            return id
        }
        let first = try put(SecuredBlockTests.body)
        if rekeyed == .clientFirst { try Self.rekey(server, 2, at: floor.now) }
        if rekeyed == .serverFirst { try Self.rekey(client, 1, at: floor.now) }
        floor.run(for: .seconds(300))
        #expect(client.ends[first] == .failed(.timeout))
        #expect(stored.bodies.isEmpty)
        let other: [UInt8] = SecuredBlockTests.body.reversed()
        let second = try put(other)
        floor.run(for: .seconds(60))
        #expect(client.ends[second] == .complete)
        #expect(stored.bodies == [other])
        #expect(try Self.options(try #require(floor.requests(of: client).last)).groupID == [0xdd, 0x12])
    }

    private static func rekey(_ node: FloorEndpoint, _ number: UInt8, at now: MonotonicInstant) throws {
        let association = try #require(node.endpoint.protection.groups[TestGroup.name])
        let secret = [UInt8](101...116)
        let material = GroupKeyingMaterial(
            keyGeneration: 1, groupID: try #require(GroupID([0xdd, 0x12])), masterSecret: secret.span, masterSalt: [])
        let credentials = (
            manager: try TestGroup.credential(200).bytes, own: try TestGroup.credential(number)
        )
        let senderID = try TestGroup.senderID(number)
        try association.generations.install(material, stale: [], now: now.sinceStart) { material throws(ContextError) in
            guard let key = try? PrivateKey(.ed25519, secret: TestGroup.seed(number).span) else {
                throw .noSenderContext
            }
            var reservation = SequenceReservation(resumingAt: 0)
            reservation.extend(to: 1_000)
            return try GroupContext(
                groupID: material.groupID, masterSecret: material.masterSecret.bytes, masterSalt: material.masterSalt,
                algorithms: TestGroup().algorithms, managerCredential: credentials.manager,
                keyGeneration: material.keyGeneration, senderID: senderID, credential: credentials.own,
                privateKey: key, reservation: reservation)
        }
    }
}

/// The bodies that a handler was given.
final class StoredBody: Sendable {
    private let all = Mutex<[[UInt8]]>([])
    var bodies: [[UInt8]] { all.withLock { $0 } }
    func set(_ body: [UInt8]) { all.withLock { $0.append(body) } }
}
