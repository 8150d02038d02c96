import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GroupOSCORE
import OSCORE
import TestSupport
import Testing

/// Datagrams of genuine exchanges with bytes changed, cut, doubled or made longer, at endpoints that could read the genuine
/// ones: nothing of them is delivered, and what is remembered of them stays small.
struct MutatedDatagramTests {
    private let network = SecuredNetwork()
    private let calls = CallCount()
    private let client: SecuredNode
    private let server: SecuredNode
    private let peer: PeerIdentity

    init() throws {
        let associations = try [(8, 9), (9, 8)].map { (own: UInt8, other: UInt8) in
            OSCOREAssociation(
                masterSecret: Array(50...65), senderID: try TestGroup.senderID(own),
                recipientID: try TestGroup.senderID(other), reservedEnd: 0, store: TestDisk())
        }
        peer = associations[0].peer
        client = SecuredNode(
            1, try EndpointSecurity(associations: [associations[0]], groups: [TestGroup().member(1)]))
        server = SecuredNode(
            2, try EndpointSecurity(associations: [associations[1]], groups: [TestGroup().member(2)]))
        let long = [UInt8](repeating: 7, count: 3_000)
        let calls = calls
        var properties = ResourceProperties()
        properties.groupAccess = .all
        properties.isObservable = true
        for path in ["a", "long"] {
            server.serve(
                path,
                Resource(
                    methods: [
                        .get: .immediate { _ in
                            calls.increment()
                            return ResourceResponse(.content, .octetStream, path == "a" ? [1] : long)
                        }
                    ], properties: properties))
        }
        network.add(client)
        network.add(server, joining: TestGroup.address)
    }

    /// One genuine exchange of each kind.
    private func play() throws {
        let get = Message(code: .get)
        var observing = get
        observing.options.observe = 0
        for request in [
            TestGroup.toOne(get, "a", server, peer), TestGroup.toOne(get, "long", server, peer),
            TestGroup.toOne(observing, "a", server, peer), TestGroup.toOne(get, "a", server, try TestGroup.only(2)),
            TestGroup.toOne(get, "a", server, try TestGroup.only(2, inGroupMode: true)),
            TestGroup.toAll(get, "long"),
        ] {
            _ = try client.start(request, at: network.now)
            network.run(for: .seconds(30))
        }
    }

    @Test(.requirement("GOSC-0003", "GOSC-0167"))
    func nothingOfThemIsDelivered() throws {
        try play()
        let genuine = network.record
        let delivered = (calls: calls.value, responses: client.responses.values.map(\.count).reduce(0, +))
        try #require(delivered.calls >= 6)
        var random = SeededGenerator(seed: 6)
        for _ in 0..<100_000 {
            var passing = try #require(genuine.randomElement(using: &random))
            var bytes = passing.datagram.bytes
            // Always under a new Message ID: as a duplicate it would not get far.
            for place in 2..<4 { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeLast(Int.random(in: 0..<bytes.count - 4, using: &random))
            case 1: bytes += (0..<Int.random(in: 1...40, using: &random)).map { _ in 0xff }
            case 2: break
            default:
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let place = Int.random(in: 4..<bytes.count, using: &random)
                    bytes[place] ^= UInt8.random(in: 1...255, using: &random)
                }
            }
            passing = SecuredNetwork.Passing(
                source: passing.source,
                datagram: OutgoingDatagram(bytes: bytes, destination: passing.datagram.destination))
            network.inject(passing)
        }
        #expect(calls.value == delivered.calls)
        #expect(client.responses.values.map(\.count).reduce(0, +) == delivered.responses)
        let refused = server.security.rejectedRequests.values.reduce(0, +) + server.security.replays
        #expect(refused > 20_000)
        // And the endpoints go on.
        network.run(for: .seconds(600))
        try play()
        #expect(calls.value > delivered.calls)
    }
}
