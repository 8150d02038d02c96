import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

/// Somebody on the way who holds messages back, or sends recorded ones again, at the moment that hurts most.
struct HostileTimingTests {
    private let group = TestGroup()

    /// A notification that was held back until its observation was registered again is older than the answer to that,
    /// whether it names its sender or not.
    @Test(.requirement("GOSC-0172", "GOSC-0173"), arguments: [true, false])
    func nothingOldComesAfterANewRegistration(includesKid: Bool) throws {
        let raw = try RawMember(2, of: group)
        let network = SecuredNetwork()
        let client = try group.node(1)
        network.add(client)
        var heard: [RawMember.Heard] = []
        network.onTheWay = { passing in
            if let request = try? raw.hear(passing) { heard.append(request) }
            return []
        }
        var message = Message(code: .get)
        message.options.uriPath = ["hello"]
        message.options.observe = 0
        let id = try client.start(
            ClientRequest(
                message, to: raw.address, peer: TestGroup.only(2), reliability: .nonConfirmable), at: network.now)
        network.run(for: .milliseconds(10))
        func answer(_ request: RawMember.Heard, _ text: String, _ number: UInt64) throws -> SecuredNetwork.Passing {
            try raw.answer(
                request, text, inGroupMode: false, partialIV: number, includesKid: includesKid, observe: 0)
        }
        let first = try #require(heard.first)
        network.inject(try answer(first, "first", 1))
        let heldBack = try answer(first, "old", 2)
        // Max-Age is over: the client registers again.
        network.run(for: .seconds(90))
        let second = try #require(heard.last)
        #expect(second.binding.request.partialIV > first.binding.request.partialIV)
        network.inject(try answer(second, "new", 3))
        network.inject(heldBack)
        network.run(for: .milliseconds(10))
        let texts = (client.responses[id] ?? []).map { String(decoding: $0.message.payload, as: UTF8.self) }
        #expect(texts == ["first", "new"])
    }

    /// Each member of an observed group is asked again by itself, in pairwise mode, and then answers without kid.
    @Test(.requirement("GOSC-0222", "COAP-0154"))
    func everyMemberOfALargeObservedGroupIsHeardAfterRenewal() throws {
        var group = group
        group.size = 9
        let network = SecuredNetwork()
        let client = try group.node(1)
        network.add(client)
        var properties = ResourceProperties()
        properties.groupAccess = .all
        properties.isObservable = true
        let servers = try (2...9).map { try group.node($0) }
        for server in servers {
            server.serve(
                "t",
                Resource(
                    methods: [.get: .immediate { _ in ResourceResponse(.content, .textPlain, [1]) }],
                    properties: properties))
            network.add(server, joining: TestGroup.address)
        }
        var message = Message(code: .get)
        message.options.observe = 0
        let id = try client.start(TestGroup.toAll(message, "t"), at: network.now)
        // Beyond Max-Age: every member has been asked again.
        network.run(for: .seconds(100))
        for server in servers {
            let before = (client.responses[id] ?? []).count { $0.source == server.address }
            server.changed("t", at: network.now)
            network.run(for: .seconds(10))
            let after = (client.responses[id] ?? []).count { $0.source == server.address }
            #expect(after > before, "member at \(server.address)")
        }
        #expect(client.security.rejectedResponses.isEmpty)
    }

    private final class RestartBench {
        let network = SecuredNetwork()
        let client: SecuredNode
        let server: SecuredNode
        let calls = CallCount()
        private let recorded: SecuredNetwork.Passing
        private var messageID: UInt16 = 0x5555

        /// A server that has forgotten what it received, and somebody who has recorded a request to it.
        init(_ client: SecuredNode, _ server: (TestDisk) throws -> SecuredNode, _ peer: PeerIdentity) throws {
            self.client = client
            let disk = TestDisk()
            let first = try server(disk)
            first.serve("hello", .text("hello"))
            network.add(client)
            network.add(first)
            _ = try client.start(TestGroup.toOne(Message(code: .get), "hello", first, peer), at: network.now)
            network.run(for: .seconds(1))
            recorded = try #require(network.record.first)
            self.server = try server(disk)
            self.server.serve("hello", .text("hello", calls: calls))
            network.add(self.server)
        }

        func replay() -> SecuredNetwork.Passing {
            messageID += 1
            var bytes = recorded.datagram.bytes
            (bytes[2], bytes[3]) = (UInt8(messageID >> 8), UInt8(truncatingIfNeeded: messageID))
            return SecuredNetwork.Passing(
                source: recorded.source,
                datagram: OutgoingDatagram(bytes: bytes, destination: recorded.datagram.destination))
        }

        func ask(_ peer: PeerIdentity) throws -> Int {
            let id = try client.start(TestGroup.toOne(Message(code: .get), "hello", server, peer), at: network.now)
            network.run(for: .seconds(1))
            return client.responses[id]?.count ?? 0
        }
    }

    private func benchOfMembers() throws -> (RestartBench, PeerIdentity) {
        let peer = try TestGroup.only(2)
        return (try RestartBench(group.node(1), { try group.node(2, $0) }, peer), peer)
    }

    private func benchOfPeers() throws -> (RestartBench, PeerIdentity) {
        func association(_ mine: UInt8, _ other: UInt8, _ disk: TestDisk) throws -> OSCOREAssociation {
            OSCOREAssociation(
                masterSecret: Array(1...16), senderID: try TestGroup.senderID(mine),
                recipientID: try TestGroup.senderID(other), reservedEnd: disk.end, store: disk)
        }
        let client = SecuredNode(1, try EndpointSecurity(associations: [association(1, 2, TestDisk())]))
        let bench = try RestartBench(
            client, { SecuredNode(2, try EndpointSecurity(associations: [association(2, 1, $0)])) },
            association(1, 2, TestDisk()).peer)
        return (bench, try association(1, 2, TestDisk()).peer)
    }

    /// Whoever sends a recorded request again between a challenge and the answer to it makes nothing of that answer.
    @Test(arguments: [true, false])
    func replaysDoNotDriveOutAChallenge(ofMembers: Bool) throws {
        let (bench, peer) = try ofMembers ? benchOfMembers() : benchOfPeers()
        var requests = 0
        bench.network.onTheWay = { passing in
            guard passing.source == bench.client.address else { return [passing] }
            requests += 1
            return requests == 2 ? (0..<50).map { _ in bench.replay() } + [passing] : [passing]
        }
        #expect(try bench.ask(peer) == 1)
        #expect(bench.calls.value == 1)
    }

    /// Whoever sends a recorded request again and again gets few challenges, and what the client sends now gets one.
    @Test(arguments: [true, false])
    func replaysDoNotKeepAClientFromBeingChallenged(ofMembers: Bool) throws {
        let (bench, peer) = try ofMembers ? benchOfMembers() : benchOfPeers()
        for _ in 0..<200 { bench.network.inject(bench.replay()) }
        #expect(bench.server.security.challenges == 16)
        #expect(try bench.ask(peer) == 1)
        #expect(bench.calls.value == 1)
        #expect(bench.server.security.challenges == 17)
    }

    /// Challenges to a group wait for a period of Leisure each, of which there are few. Recorded requests of one member,
    /// under many addresses, do not take them all.
    @Test func replaysToAGroupDoNotTakeAllTheLeisure() throws {
        let network = SecuredNetwork()
        let disk = TestDisk()
        let client = try group.node(1)
        let before = try group.node(2, disk)
        before.serve("hello", .text("hello"))
        network.add(client)
        network.add(before, joining: TestGroup.address)
        _ = try client.start(TestGroup.toAll(Message(code: .get), "hello"), at: network.now)
        network.run(for: .seconds(6))
        let recorded = try #require(network.record.first)
        let server = try group.node(2, disk, leisure: .seconds(1))
        server.serve("hello", .text("hello"))
        network.add(server, joining: TestGroup.address)
        for number in 1...60 as ClosedRange<UInt8> {
            var bytes = recorded.datagram.bytes
            bytes[2] ^= number
            network.inject(
                SecuredNetwork.Passing(
                    source: SocketAddress(IPv6Address(high: 0x2001_0db8 << 32, low: 100 + UInt64(number)), port: 5683),
                    datagram: OutgoingDatagram(bytes: bytes, destination: recorded.datagram.destination)))
        }
        let other = try group.node(3)
        network.add(other)
        let id = try other.start(
            TestGroup.toAll(Message(code: .get), "hello", for: .seconds(20)), at: network.now)
        network.run(for: .seconds(20))
        #expect(other.responses[id]?.count == 1)
        #expect(server.security.challenges == 2)
    }

    /// What one member answers says nothing of the request that another one has not received yet.
    @Test(.requirement("COAP-0154"))
    func anAnswerOfOneMemberDoesNotEndTheRequestToAnother() throws {
        let network = SecuredNetwork()
        let client = try group.node(1)
        network.add(client)
        var properties = ResourceProperties()
        properties.groupAccess = .all
        properties.isObservable = true
        // Both have been restarted: they challenge the registration, and are asked again each by itself.
        let servers = try ([2, 3] as [UInt8]).map { number in
            let disk = TestDisk()
            try disk.reserve(below: 256)
            return try group.node(number, disk)
        }
        for server in servers {
            server.serve(
                "t",
                Resource(
                    methods: [.get: .immediate { _ in ResourceResponse(.content, .textPlain, [1]) }],
                    properties: properties))
            network.add(server, joining: TestGroup.address)
        }
        var lost = 0
        network.onTheWay = { passing in
            guard passing.datagram.destination == servers[1].address, lost < 1 else { return [passing] }
            lost += 1
            return []
        }
        var message = Message(code: .get)
        message.options.observe = 0
        let id = try client.start(TestGroup.toAll(message, "t"), at: network.now)
        network.run(for: .seconds(30))
        #expect(lost == 1)
        #expect(Set((client.responses[id] ?? []).map(\.source)) == Set(servers.map(\.address)))
    }

    /// Members that all have been restarted, such as after a power failure, challenge a registration at once.
    @Test(.requirement("COAP-0154"), arguments: [10, 30] as [UInt8])
    func everyMemberIsObservedAlthoughAllChallengeAtOnce(count: UInt8) throws {
        var group = group
        group.size = count + 1
        let network = SecuredNetwork()
        let client = try group.node(1)
        network.add(client)
        var properties = ResourceProperties()
        properties.groupAccess = .all
        properties.isObservable = true
        for number in 2...count + 1 {
            let disk = TestDisk()
            try disk.reserve(below: 256)
            let server = try group.node(number, disk, leisure: .zero)
            server.serve(
                "t",
                Resource(
                    methods: [.get: .immediate { _ in ResourceResponse(.content, .textPlain, [1]) }],
                    properties: properties))
            network.add(server, joining: TestGroup.address)
        }
        var message = Message(code: .get)
        message.options.observe = 0
        let id = try client.start(TestGroup.toAll(message, "t"), at: network.now)
        network.run(for: .seconds(30))
        #expect(Set((client.responses[id] ?? []).map(\.source)).count == Int(count))
    }
}
