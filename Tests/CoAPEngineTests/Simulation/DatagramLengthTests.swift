import Bytes
import CoAP
import CoAPEngine
import Synchronization
import TestSupport
import Testing

/// How long the datagrams of whole endpoints get that nobody has told about the network.
struct DatagramLengthTests {
    static let client = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0xc), port: 40_000)
    static let server = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0x5), port: 5683)

    private static let body = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }

    private static func run(
        _ path: [String], _ message: Message
    ) throws -> (response: ClientResponse?, stored: [UInt8], lengths: [Int]) {
        let stored = Mutex<[UInt8]>([])
        var tree = ResourceTree<UnprotectedRequest>()
        tree.register(
            path: path,
            methods: [
                .get: { _ in ResourceResponse(.content, .octetStream, body) },
                .put: { request in
                    stored.withLock { $0 = request.payload }
                    return ResourceResponse(.changed)
                },
            ])
        let network = SimulatedNetwork(seed: 1, weather: .fair)
        network.keepsRecord = true
        let client = SimulatedEndpoint(client, seed: 2, endpoint: CoAPEngine.Endpoint(protection: NoProtection()))
        let server = SimulatedEndpoint(
            server, seed: 3,
            endpoint: CoAPEngine.Endpoint(protection: NoProtection(), openServer: RequestServer(resources: tree)))
        network.add(client)
        network.add(server)
        var message = message
        message.options.uriPath = path
        let id = try client.start(ClientRequest(message, to: Self.server), at: network.now)
        network.collect(from: client)
        network.run(for: .seconds(600))
        return (client.responses[id]?.first, stored.withLock(\.self), network.record.map(\.datagram.bytes.count))
    }

    // A path that leaves no room for 1,024 bytes, too.
    @Test(.requirement("COAP-0021"), arguments: [["large"], Array(repeating: "a-rather-long-segment", count: 15)])
    func longBodiesGoInDatagramsThatEveryNetworkTakes(path: [String]) throws {
        let download = try Self.run(path, Message(code: .get))
        #expect(download.response?.message.payload == Self.body)
        #expect(try #require(download.lengths.max()) <= 1152)
        #expect(download.lengths.count >= 2 * 20)
        let upload = try Self.run(path, Message(code: .put, payload: Self.body))
        #expect(upload.response?.message.code == .changed)
        #expect(upload.stored == Self.body)
        #expect(try #require(upload.lengths.max()) <= 1152)
    }

    @Test(.requirement("COAP-0021"))
    func aBodyOfOneBlockIsSplitIfItsOptionsAreLong() throws {
        let path = Array(repeating: "a-rather-long-segment", count: 15)
        let body = Array(Self.body[..<1000])
        let upload = try Self.run(path, Message(code: .put, payload: body))
        #expect(upload.stored == body)
        #expect(try #require(upload.lengths.max()) <= 1152)
        // And only then.
        #expect(upload.lengths.count == 4)
        #expect(try Self.run(["large"], Message(code: .put, payload: body)).lengths.count == 2)
    }
}
