import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

/// Members that have forgotten what they received: Echo tells them what is new (RFC 10021 §2.6.1.2, §9).
struct RestartedMemberTests {
    private let group = TestGroup()

    /// After which the next request to a group that is silent leaves: PROBING_RATE is 1 byte a second (RFC 7252 §4.7).
    private static let turn = Duration.seconds(200)

    private final class Bench {
        let network = SecuredNetwork()
        let client: SecuredNode
        var server: SecuredNode
        let disk = TestDisk()
        let calls = CallCount()
        private let group: TestGroup
        private let leisure: Duration

        init(_ group: TestGroup, leisure: Duration = .milliseconds(10)) throws {
            self.group = group
            self.leisure = leisure
            client = try group.node(1)
            server = try group.node(2, disk, leisure: leisure)
            server.serve("hello", .text("hello", calls: calls))
            network.add(client)
            network.add(server, joining: TestGroup.address)
        }

        func restart() throws {
            server = try group.node(2, disk, leisure: leisure)
            server.serve("hello", .text("hello", calls: calls))
            network.add(server, joining: TestGroup.address)
        }

        func ask(_ peer: PeerIdentity, byMulticast: Bool) throws -> [ClientResponse] {
            let request =
                byMulticast
                ? TestGroup.toAll(Message(code: .get), "hello", peer: peer)
                : TestGroup.toOne(Message(code: .get), "hello", server, peer)
            let id = try client.start(request, at: network.now)
            network.run(for: .seconds(6))
            return client.responses[id] ?? []
        }
    }

    @Test(
        .requirement(
            "GOSC-0090", "GOSC-0092", "GOSC-0263", "GOSC-0264", "GOSC-0268", "GOSC-0269", "GOSC-0270", "GOSC-0275"),
        arguments: [(false, false), (true, false), (true, true)])
    func theFirstRequestAfterARestartIsProvedNew(inGroupMode: Bool, byMulticast: Bool) throws {
        let bench = try Bench(group)
        let peer = byMulticast ? TestGroup.everybody : try TestGroup.only(2, inGroupMode: inGroupMode)
        #expect(try bench.ask(peer, byMulticast: byMulticast).map(\.message.code) == [.content])
        #expect(bench.calls.value == 1)
        try bench.restart()
        let before = bench.network.record.count
        #expect(try bench.ask(peer, byMulticast: byMulticast).map(\.message.code) == [.content])
        #expect(bench.calls.value == 2)
        #expect(bench.server.security.challenges == 1)
        // Request, challenge, the request to this member alone, its answer.
        let record = Array(bench.network.record[before...])
        #expect(record.count == 4)
        let options = try record.map { try Self.option(of: $0.datagram.bytes) }
        #expect(options.map(\.isGroupMode) == [inGroupMode || byMulticast, false, false, false])
        #expect(options[1].number != nil)
        #expect(record[2].datagram.destination == bench.server.address)
        #expect(try #require(options[2].number) > #require(options[0].number))
        // From now on it is known.
        #expect(try bench.ask(peer, byMulticast: byMulticast).map(\.message.code) == [.content])
        #expect(bench.server.security.challenges == 1)
    }

    private static func option(of datagram: [UInt8]) throws -> (isGroupMode: Bool, number: UInt64?) {
        let (header, offset) = try DatagramCodec.decode(datagram.span)
        let message = try Message(code: header.code, body: datagram.span.extracting(droppingFirst: offset))
        let value = try #require(message.options.oscore)
        let option = try OSCOREOption(value.span)
        return (option.isGroupMode, option.partialIV?.value)
    }

    /// What somebody has recorded before the restart is delivered neither at once nor after the recovery.
    @Test(.requirement("GOSC-0089", "GOSC-0090", "GOSC-0276"), arguments: [false, true])
    func whatWasRecordedIsNotDelivered(byMulticast: Bool) throws {
        let bench = try Bench(group)
        let peer = byMulticast ? TestGroup.everybody : try TestGroup.only(2)
        _ = try bench.ask(peer, byMulticast: byMulticast)
        let recorded = try #require(bench.network.record.first)
        try bench.restart()
        bench.network.inject(recorded)
        bench.network.run(for: .seconds(300))
        #expect(bench.calls.value == 1)
        #expect(bench.server.security.challenges == 1)
        #expect(try bench.ask(peer, byMulticast: byMulticast).count == 1)
        bench.network.inject(recorded)
        bench.network.run(for: .seconds(1))
        #expect(bench.calls.value == 2)
        #expect(bench.server.security.replays == 1)
    }

    /// Challenges cost numbers, and replays cost whoever sends them nothing.
    @Test func replaysDoNotUseUpTheNumbers() throws {
        let bench = try Bench(group, leisure: .zero)
        _ = try bench.ask(TestGroup.only(2), byMulticast: false)
        let recorded = try #require(bench.network.record.first)
        try bench.restart()
        let header = try DatagramCodec.decode(recorded.datagram.bytes.span).header
        for messageID in 0..<1_000 as Range<UInt16> {
            var bytes = recorded.datagram.bytes
            (bytes[2], bytes[3]) = (UInt8(messageID >> 8) ^ 0x55, UInt8(truncatingIfNeeded: messageID))
            bench.network.inject(
                SecuredNetwork.Passing(
                    source: recorded.source,
                    datagram: OutgoingDatagram(bytes: bytes, destination: recorded.datagram.destination)))
        }
        #expect(header.type == .confirmable)
        #expect(bench.server.security.challenges == 16)
        #expect(bench.server.security.challengesWithheld == 984)
        #expect(bench.calls.value == 1)
        // What one member has sent does not keep another from being heard.
        let other = try group.node(3)
        bench.network.add(other)
        let id = try other.start(
            TestGroup.toOne(Message(code: .get), "hello", bench.server, TestGroup.only(2)), at: bench.network.now)
        bench.network.run(for: .seconds(1))
        #expect(other.responses[id]?.count == 1)
    }

    /// A challenge to a group request is an answer to a group: it waits, as others do.
    @Test(.requirement("COAP-0091")) func challengesToGroupsAreSpread() throws {
        let bench = try Bench(group, leisure: .seconds(4))
        try bench.restart()
        bench.network.onTheWay = { $0.source == bench.client.address ? [$0] : [] }
        var message = Message(code: .get)
        message.options.uriPath = ["hello"]
        _ = try bench.client.start(TestGroup.toAll(message, "hello"), at: bench.network.now)
        bench.network.run(for: .zero)
        #expect(bench.network.record.count { $0.source == bench.server.address } == 0)
        bench.network.run(for: .seconds(4))
        #expect(bench.network.record.count { $0.source == bench.server.address } == 1)
    }

    @Test(.requirement("OSC-0075")) func numbersGoOnAfterARestartAndStopWithTheDisk() throws {
        let disk = TestDisk()
        var seen: Set<UInt64> = []
        for _ in 0..<3 {
            let network = SecuredNetwork()
            let client = try group.node(1, disk)
            network.add(client)
            let raw = try RawMember(2, of: group)
            for _ in 0..<300 {
                _ = try client.start(
                    TestGroup.toAll(Message(code: .get), "hello", for: .milliseconds(1)), at: network.now)
                network.run(for: Self.turn)
            }
            for passing in network.record {
                let heard = try raw.hear(passing)
                #expect(seen.insert(heard.binding.request.partialIV.value).inserted)
                #expect(heard.binding.request.partialIV.value < disk.end)
            }
        }
        #expect(seen.count == 900)
        disk.fill()
        #expect(throws: InvalidAssociation.self) { _ = try group.node(1, disk) }
    }

    @Test func aFullDiskStopsRequestsAndSaysWhy() throws {
        let disk = TestDisk()
        let network = SecuredNetwork()
        let client = try group.node(1, disk)
        network.add(client)
        disk.fill()
        var ends: [OperationEnd] = []
        for _ in 0..<300 {
            let id = try client.start(
                TestGroup.toAll(Message(code: .get), "hello", for: .milliseconds(1)), at: network.now)
            network.run(for: Self.turn)
            if let end = client.ends[id] { ends.append(end) }
        }
        #expect(ends.count { $0 == .failed(.unprotectable(.notStored("Full()"))) } == 300 - 256)
        #expect(network.record.count == 256)
    }
}
