import Bytes
import CoAP
import CoAPSecurity
import OSCORE
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine

/// Inner block-wise transfer between real contexts.
struct SecuredBlockTests {
    static let body = (0..<4_096).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }

    private final class Store: Sendable {
        private let value = Mutex<[UInt8]>([])
        var bytes: [UInt8] { value.withLock { $0 } }
        func set(_ bytes: [UInt8]) { value.withLock { $0 = bytes } }
    }

    private static func message(_ code: Code, _ payload: [UInt8] = []) -> Message {
        var message = Message(code: code, payload: payload)
        message.options.uriPath = ["t"]
        return message
    }

    static func partialIV(_ sent: Floor.Sent) throws -> UInt64 {
        let value = try #require(sent.message.options.oscore)
        let option = try OSCOREOption(value.span)
        let number = option.partialIV
        return try #require(number).value
    }

    @Test(.requirement("OSC-0026", "OSC-0030", "GOSC-0361"), arguments: ProtectionKind.allCases)
    func eachBlockIsAMessageOfItsOwn(kind: ProtectionKind) throws {
        let stored = Store()
        let (ours, theirs) = try kind.securities()
        let client = FloorEndpoint(1, ours)
        let server = FloorEndpoint(2, theirs) { tree in
            tree.register(
                path: ["t"],
                methods: [
                    .put: { request in
                        stored.set(request.payload)
                        return ResourceResponse(.changed)
                    },
                    .get: { _ in ResourceResponse(.content, .octetStream, stored.bytes) },
                ])
        }
        let floor = Floor()
        floor.add(client)
        floor.add(server)
        let put = try client.start(
            ClientRequest(Self.message(.put, Self.body), to: server.address, peer: kind.peer()), on: floor)
        floor.run(for: .seconds(60))
        #expect(client.ends[put] == .complete)
        #expect(client.responses[put]?.first?.message.code == .changed)
        #expect(stored.bytes == Self.body)
        let numbers = try floor.requests(of: client).map(Self.partialIV)
        #expect(numbers.count == 4)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        let get = try client.start(
            ClientRequest(Self.message(.get), to: server.address, peer: kind.peer()), on: floor)
        floor.run(for: .seconds(60))
        #expect(client.responses[get]?.first?.message.payload == Self.body)
        #expect(floor.requests(of: client).count == 8)
        // Nothing says outside that it is one of several, and nothing is too long for a network.
        for sent in floor.sent {
            #expect(sent.message.options.block1 == nil && sent.message.options.block2 == nil)
            #expect(sent.message.bodyLength <= 1_232)
        }
        #expect(server.refused == 0)
    }

    /// One message through the contexts alone.
    static func ask(
        _ message: Message, _ kind: ProtectionKind, of client: inout EndpointSecurity, _ server: FloorEndpoint,
        on floor: Floor
    ) throws -> (outer: Message, inner: Message?) {
        var (protected, binding) = try client.protectRequest(message, for: kind.peer(), continuing: nil, at: floor.now)
        var bytes: [UInt8] = []
        let number = UInt16(truncatingIfNeeded: floor.sent.count + 1)
        DatagramCodec.encode(
            DatagramHeader(
                type: .confirmable, code: protected.code, messageID: MessageID(rawValue: number),
                token: Token(UInt64(number))),
            body: protected.body.span, into: &bytes)
        floor.inject(OutgoingDatagram(bytes: bytes, destination: server.address), from: Floor.address(1))
        let answer = try #require(floor.sent.last).message
        let path = DatagramPath(source: server.address, destination: Floor.address(1).address)
        let inner = client.verifyResponse(
            IncomingResponse(path: path, code: answer.code, body: answer.body), to: &binding, at: floor.now)
        return (answer, inner?.message)
    }

    @Test(.requirement("OSC-0027"), arguments: ProtectionKind.allCases)
    func aGapIsToldUnderProtection(kind: ProtectionKind) throws {
        var (client, theirs) = try kind.securities()
        let server = FloorEndpoint(2, theirs) { tree in
            tree.register(path: ["t"], methods: [.put: { _ in ResourceResponse(.changed) }])
        }
        let floor = Floor()
        floor.add(server)
        var block = Self.message(.put, Array(repeating: 1, count: 64))
        block.options.block1 = BlockOption(number: 1, isMore: true, size: .bytes64)
        let (outer, inner) = try Self.ask(block, kind, of: &client, server, on: floor)
        #expect(outer.options.contains(.oscore))
        #expect(outer.options.block1 == nil)
        #expect(inner?.code == .requestEntityIncomplete)
        #expect(server.refused == 0)
    }

    /// The representation changes while it is fetched, and the server has not kept the first.
    @Test(.requirement("ECHO-0019"), arguments: ProtectionKind.allCases)
    func blocksOfTwoRepresentationsHaveTwoETags(kind: ProtectionKind) throws {
        let state = Store()
        state.set(Self.body)
        let (ours, theirs) = try kind.securities()
        let client = FloorEndpoint(1, ours)
        var settings = RequestServerSettings()
        settings.limits.snapshots = ShareLimits(entries: 0, entriesPerPeer: 0, bytes: 0, bytesPerPeer: 0)
        let server = FloorEndpoint(2, theirs, settings: settings) { tree in
            tree.register(
                path: ["t"], methods: [.get: { _ in ResourceResponse(.content, .octetStream, state.bytes) }])
        }
        let floor = Floor()
        floor.add(client)
        floor.add(server)
        let changed: [UInt8] = Self.body.reversed()
        floor.isDelivered = { sent in
            if floor.requests(of: client).count == 3, sent.source == client.address { state.set(changed) }
            return true
        }
        let id = try client.start(
            ClientRequest(Self.message(.get), to: server.address, peer: kind.peer()), on: floor)
        floor.run(for: .seconds(60))
        #expect(client.responses[id]?.map(\.message.payload) == [changed])
        // Two blocks of the first, the one that did not fit, and all four of the second.
        #expect(floor.requests(of: client).count == 7)
    }

    @Test(.requirement("ECHO-0019"), arguments: ProtectionKind.allCases)
    func theETagOfABlockIsThatOfItsRepresentationAlone(kind: ProtectionKind) throws {
        let state = Store()
        var (client, theirs) = try kind.securities()
        let server = FloorEndpoint(2, theirs) { tree in
            tree.register(
                path: ["t"], methods: [.get: { _ in ResourceResponse(.content, .octetStream, state.bytes) }])
        }
        let floor = Floor()
        floor.add(server)
        var tags: [[UInt8]] = []
        for number in UInt8(0)..<8 {
            // Also where they differ behind the first block only.
            state.set(Self.body.dropLast() + [number / 2])
            var get = Self.message(.get)
            get.options.block2 = BlockOption(number: 0, isMore: false, size: .bytes64)
            let inner = try Self.ask(get, kind, of: &client, server, on: floor).inner
            let block = try #require(inner)
            #expect(block.options.block2?.isMore == true)
            tags.append(try #require(block.options.eTag))
        }
        #expect(Set(tags).count == 4)
        #expect(zip(tags, tags.dropFirst()).filter { $0 == $1 }.count == 4)
    }
}
