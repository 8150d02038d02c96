import Bytes
import CoAP
import Synchronization
import TestSupport
import Testing

@testable import CoAPEngine

/// How long the protected messages get that an endpoint sends.
struct UnfragmentedSizeTests {
    @Test(.requirement("OSC-0029"))
    func thereIsAlwaysOne() throws {
        #expect(OuterBlockSettings().maximumUnfragmentedSize.byteCount == 4_096)
        #expect(MaximumUnfragmentedSize(byteCount: 0) == nil)
        #expect(MaximumUnfragmentedSize(byteCount: 271) == nil)
        #expect(MaximumUnfragmentedSize(byteCount: 65_001) == nil)
        #expect(MaximumUnfragmentedSize(byteCount: 272)?.innerBlock == .bytes16)
        #expect(MaximumUnfragmentedSize.standard.innerBlock == .bytes1024)
    }

    /// With a tag, a countersignature and an OSCORE option of the longest kind.
    @Test(.requirement("OSC-0030", "GOSC-0361"), arguments: [272, 400, 600, 1_300, 4_096])
    func bodiesAreCutBeforeTheyAreProtected(limit: Int) throws {
        var settings = OuterBlockSettings()
        settings.maximumUnfragmentedSize = try #require(MaximumUnfragmentedSize(byteCount: limit))
        let (size, lengths) = try Self.transfer(settings, overhead: 180)
        #expect(lengths.allSatisfy { $0 <= limit })
        // And not smaller than need be.
        #expect(try #require(lengths.max()) > min(size.byteCount, 1_024))
        #expect(lengths.count >= 2 * (6_000 / size.byteCount + 1))
    }

    /// Puts and gets 6,000 bytes; answers how long the outer messages were.
    private static func transfer(_ settings: OuterBlockSettings, overhead: Int) throws -> (BlockSize, [Int]) {
        let body = (0..<6_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let stored = Mutex<[UInt8]>([])
        let server = OuterServerBench(settings) { tree in
            tree.register(
                path: ["t"],
                methods: [
                    .put: { request in
                        stored.withLock { $0 = request.payload }
                        return ResourceResponse(.changed)
                    },
                    .get: { _ in ResourceResponse(.content, .octetStream, body) },
                ])
        }
        let client = OuterClientBench(settings)
        server.endpoint.protection.overhead = overhead
        client.endpoint.protection.overhead = overhead
        var lengths: [Int] = []
        for method in [Code.put, .get] {
            var message = Message(code: method, payload: method == .put ? body : [])
            message.options.uriPath = ["t"]
            var request = try client.start(message).1
            let done = client.ends.count
            while client.ends.count == done {
                lengths.append(request.message.bodyLength)
                let answer = try #require(server.ask(request.message))
                lengths.append(answer.bodyLength)
                client.answer(request, answer)
                if client.ends.count == done { request = try client.next() }
            }
        }
        #expect(stored.withLock { $0 } == body)
        #expect(client.responses.last?.message.payload == body)
        #expect(client.counters.unprotectable == 0)
        return (settings.maximumUnfragmentedSize.innerBlock, lengths)
    }

    /// Not only because the client asks for it.
    @Test(.requirement("OSC-0030"))
    func answersAreCutForWhoeverAsks() throws {
        var settings = OuterBlockSettings()
        settings.maximumUnfragmentedSize = try #require(MaximumUnfragmentedSize(byteCount: 400))
        let server = OuterServerBench(settings)
        let answer = try #require(server.ask(OuterServerBench.request(.get)))
        #expect(answer.bodyLength <= 400)
        let body = Array(answer.payload.dropFirst())
        let inner = try Message(code: .content, body: body.span)
        #expect(inner.options.block2 == BlockOption(number: 0, isMore: true, size: .bytes128))
        #expect(server.endpoint.counters.unprotectable == 0)
    }

    /// Options cannot be cut.
    @Test(.requirement("OSC-0030"))
    func whatCannotBeCutIsNotSent() throws {
        let client = OuterClientBench()
        var message = Message(code: .get)
        message.options.uriQuery = Array(repeating: String(repeating: "q", count: 250), count: 20)
        #expect(throws: Surprise.self) { try client.start(message) }
        #expect(client.ends == [.failed(.unprotectable(.unsuitableMessage))])
        let server = OuterServerBench { tree in
            tree.register(
                path: ["t"],
                methods: [
                    .get: { _ in
                        var answer = ResourceResponse(.content)
                        for _ in 0..<20 { answer.options.append(.locationQuery, Array(repeating: 0x71, count: 250)) }
                        return answer
                    }
                ])
        }
        #expect(server.ask(OuterServerBench.request(.get)) == nil)
        #expect(server.endpoint.counters.unprotectable == 1)
    }

    @Test(.requirement("OSC-0030"))
    func withoutProtectionThereIsNoSuchLimit() throws {
        var settings = OuterBlockSettings()
        settings.maximumUnfragmentedSize = try #require(MaximumUnfragmentedSize(byteCount: 272))
        let client = OuterClientBench(settings)
        let message = Message(code: .put, payload: Array(repeating: 1, count: 800))
        let (_, request) = try client.start(message) { $0.peer = .endpoint($0.destination) }
        #expect(request.message.payload.count == 800)
    }
}
