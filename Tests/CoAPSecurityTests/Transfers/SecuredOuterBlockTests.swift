import Bytes
import CoAP
import CoAPSecurity
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine

/// Protected messages that a proxy cuts on both sides.
struct SecuredOuterBlockTests {
    private static func pair(
        _ kind: ProtectionKind, _ size: BlockSize, limit: Int = 4_096, on floor: Floor
    ) throws -> (client: FloorEndpoint, server: FloorEndpoint, proxy: CuttingProxy) {
        var settings = OuterBlockSettings()
        settings.maximumUnfragmentedSize = try #require(MaximumUnfragmentedSize(byteCount: limit))
        let (ours, theirs) = try kind.securities()
        let client = FloorEndpoint(1, ours)
        let server = FloorEndpoint(2, theirs, outerBlocks: settings) { tree in
            tree.register(
                path: ["t"],
                methods: [
                    .post: { ResourceResponse(.changed, .octetStream, $0.payload.reversed()) },
                    .get: { _ in ResourceResponse(.content, .octetStream, SecuredBlockTests.body) },
                ])
        }
        let proxy = CuttingProxy(5, to: server.address, size: size)
        floor.add(client)
        floor.add(server)
        floor.add(proxy)
        return (client, server, proxy)
    }

    private static func message(_ code: Code, _ payload: [UInt8] = []) -> Message {
        var message = Message(code: code, payload: payload)
        message.options.uriPath = ["t"]
        return message
    }

    @Test(
        .requirement("OSC-0028", "OSC-0084", "OSC-0091", "COAP-0182", "GOSC-0361"), arguments: ProtectionKind.allCases,
        [BlockSize.bytes32, .bytes256])
    func arriveWholeAndAreVerifiedOnce(kind: ProtectionKind, size: BlockSize) throws {
        let floor = Floor()
        let (client, server, proxy) = try Self.pair(kind, size, on: floor)
        let body = Array(SecuredBlockTests.body.prefix(900))
        var request = ClientRequest(Self.message(.post, body), to: proxy.address, peer: try kind.peer())
        request.deadline = .seconds(200)
        let id = try client.start(request, on: floor)
        floor.run(for: .seconds(120))
        #expect(client.responses[id]?.map(\.message.payload) == [body.reversed()])
        #expect(client.ends[id] == .complete)
        // Both sides have put one message together, which the proxy has cut.
        #expect(server.outerBlocks.requestsCompleted == 1)
        #expect(server.outerBlocks.answersCut == 1)
        #expect(client.outerBlocks.responsesCompleted == 1)
        #expect(server.endpoint.protectedServer.counters.requests == 1)
        #expect(server.refused == 0)
        #expect(client.endpoint.counters.responsesRefused == 0)
        let blocks = floor.sent.filter { $0.source == proxy.address && $0.message.options.block1 != nil }
        #expect(blocks.count >= 900 / size.byteCount)
    }

    @Test(.requirement("OSC-0026", "OSC-0091"), arguments: ProtectionKind.allCases)
    func innerBlocksPassThemToo(kind: ProtectionKind) throws {
        let floor = Floor()
        let (client, server, proxy) = try Self.pair(kind, .bytes128, on: floor)
        let id = try client.start(
            ClientRequest(Self.message(.get), to: proxy.address, peer: try kind.peer()), on: floor)
        floor.run(for: .seconds(120))
        #expect(client.responses[id]?.map(\.message.payload) == [SecuredBlockTests.body])
        // Four inner blocks, each cut outside.
        #expect(client.outerBlocks.responsesCompleted == 4)
        #expect(server.outerBlocks.answersCut == 4)
    }

    @Test(.requirement("OSC-0031", "COAP-0182", "GOSC-0361"), arguments: ProtectionKind.allCases)
    func aboveTheLimitAreDiscarded(kind: ProtectionKind) throws {
        let floor = Floor()
        let (client, server, proxy) = try Self.pair(kind, .bytes64, limit: 600, on: floor)
        let body = Array(SecuredBlockTests.body.prefix(900))
        let id = try client.start(
            ClientRequest(Self.message(.post, body), to: proxy.address, peer: try kind.peer()), on: floor)
        floor.run(for: .seconds(700))
        #expect(server.outerBlocks.tooLong >= 1)
        #expect(server.endpoint.protectedServer.counters.requests == 0)
        #expect(server.endpoint.outer.requests.count == 0)
        // The proxy says so, but nobody believes a proxy.
        #expect(client.responses[id] == nil)
        #expect(client.ends[id] == .failed(.timeout))
    }

    /// RFC 8613 §4.1.3.4.2: whoever changes a block on its way gains nothing.
    @Test(.requirement("OSC-0084", "OSC-0091"), arguments: ProtectionKind.allCases, [true, false])
    func thatWereChangedAreRefusedAsAWhole(kind: ProtectionKind, isRequest: Bool) throws {
        let floor = Floor()
        let (client, server, proxy) = try Self.pair(kind, .bytes64, on: floor)
        floor.isDelivered = { sent in
            // Another block in the place of the last but one.
            guard sent.source == (isRequest ? proxy.address : server.address) else { return true }
            let block = isRequest ? sent.message.options.block1 : sent.message.options.block2
            guard block?.number == 3 else { return true }
            var forged = sent.message
            forged.payload[0] ^= 1
            var bytes: [UInt8] = []
            DatagramCodec.encode(sent.header, body: forged.body.span, into: &bytes)
            floor.inject(OutgoingDatagram(bytes: bytes, destination: sent.destination), from: sent.source)
            return false
        }
        let body = Array(SecuredBlockTests.body.prefix(500))
        let id = try client.start(
            ClientRequest(Self.message(.post, body), to: proxy.address, peer: try kind.peer()), on: floor)
        floor.run(for: .seconds(700))
        #expect(client.responses[id] == nil)
        #expect((isRequest ? server.refused : client.endpoint.counters.responsesRefused) >= 1)
    }
}
