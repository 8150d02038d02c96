import Bytes
import CoAP
import CoAPEngine
import Synchronization
import TestSupport
import Testing

/// A client, a group of three whole servers and the network between them.
struct GroupSimulationTests {
    static let client = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0xc), port: 40_000)
    static let group = IPv6Address(high: 0xff35_0030_fd00_0000, low: 1)
    static let nobody = SocketAddress(IPv6Address(high: 0xff35_0030_fd00_0000, low: 2), port: 5683)

    private static func server(_ number: UInt8, _ value: @escaping @Sendable () -> UInt8) -> SimulatedEndpoint {
        var tree = ResourceTree<UnprotectedRequest>()
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.groupAccess = .all
        properties.servesUnauthenticatedGroups = true
        tree.register(
            path: ["value"], methods: [.get: { _ in ResourceResponse(.content, .octetStream, [number, value()]) }],
            properties: properties)
        let address = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0x50 + UInt64(number)), port: 5683)
        return SimulatedEndpoint(
            address, seed: UInt64(number),
            endpoint: CoAPEngine.Endpoint(protection: NoProtection(), openServer: RequestServer(resources: tree)))
    }

    private static func token(of datagram: OutgoingDatagram) throws -> Token {
        let bytes = datagram.bytes
        return try DatagramCodec.decode(bytes.span).header.token
    }

    @Test(.requirement("COAP-0150"))
    func allMembersRegisterAndNotifyOnOneToken() throws {
        let network = SimulatedNetwork(seed: 5, weather: .fair)
        network.keepsRecord = true
        let client = SimulatedEndpoint(Self.client, seed: 6, endpoint: CoAPEngine.Endpoint(protection: NoProtection()))
        network.add(client)
        let value = Mutex<UInt8>(0)
        let servers = (1...3).map { number in Self.server(number) { value.withLock(\.self) } }
        for server in servers {
            network.add(server)
            network.join(server, Self.group)
        }
        var message = Message(code: .get)
        message.options.uriPath = ["value"]
        message.options.observe = 0
        let id = try client.start(
            ClientRequest(
                message, to: SocketAddress(Self.group, port: 5683), group: ResponseCollection(deadline: .seconds(30))),
            at: network.now)
        network.collect(from: client)
        network.run(for: .seconds(60))
        func payloads(of server: SimulatedEndpoint) -> [[UInt8]] {
            (client.responses[id] ?? []).filter { $0.peer == .endpoint(server.address) }.map(\.message.payload)
        }
        for (number, server) in zip(1...3 as ClosedRange<UInt8>, servers) {
            #expect(payloads(of: server) == [[number, 0]])
            #expect(server.endpoint.openServer.load.observations == 1)
        }
        for state in 1...2 as ClosedRange<UInt8> {
            value.withLock { $0 = state }
            for server in servers {
                server.changed(["value"], at: network.now)
                network.collect(from: server)
            }
            network.run(for: .seconds(60))
        }
        for (number, server) in zip(1...3 as ClosedRange<UInt8>, servers) {
            #expect(payloads(of: server) == [[number, 0], [number, 1], [number, 2]])
        }
        #expect(client.responses[id]?.allSatisfy { $0.message.options.observe != nil } == true)
        #expect(client.ends[id] == nil)
        // One request, and everything that came of it has its token.
        let requests = network.record.filter {
            $0.source == Self.client && $0.datagram.destination.address == Self.group
        }
        #expect(requests.count == 1)
        let token = try Self.token(of: try #require(requests.first).datagram)
        let answers = try network.record.filter { $0.source != Self.client }.map { try Self.token(of: $0.datagram) }
        #expect(answers == Array(repeating: token, count: 9))
    }

    @Test(.requirement("COAP-0129"))
    func silenceOfAGroupIsNoFailureAndRefusalsOfOthersDoNotEndIt() throws {
        let network = SimulatedNetwork(seed: 5, weather: .fair)
        network.keepsRecord = true
        let client = SimulatedEndpoint(Self.client, seed: 6, endpoint: CoAPEngine.Endpoint(protection: NoProtection()))
        network.add(client)
        var message = Message(code: .get)
        message.options.uriPath = ["value"]
        let group = try client.start(
            ClientRequest(message, to: Self.nobody, group: ResponseCollection(deadline: .seconds(30))),
            at: network.now)
        network.collect(from: client)
        // A host where nothing listens: the system reports its refusal with the next datagram.
        let closed = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0x99), port: 5683)
        let single = try client.start(ClientRequest(message, to: closed), at: network.now)
        network.collect(from: client)
        let refused = try #require(network.record.last { $0.datagram.destination == closed }).datagram
        client.refused(refused, at: network.now)
        #expect(client.ends[single] == .failed(.notSent))
        #expect(client.ends[group] == nil)
        network.run(for: .seconds(29))
        #expect(client.ends[group] == nil)
        network.run(for: .seconds(2))
        #expect(client.ends[group] == .deadline)
        #expect(client.responses[group] == nil)
    }
}
