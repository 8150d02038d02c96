import Bytes
import CoAP
import CoAPEngine
import Synchronization
import TestSupport
import Testing

/// Two whole endpoints and a network that loses a fifth of all datagrams, doubles a tenth and reorders the rest.
struct LossyExchangesTests {
    static let client = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0xc), port: 40_000)
    static let server = SocketAddress(IPv6Address(high: 0x2001_0db8_0000_0000, low: 0x5), port: 5683)

    /// What the server has done, by the number that each request carries.
    final class Ledger: Sendable {
        let posts = Mutex<[UInt32: Int]>([:])
        let uploads = Mutex<[UInt32: [UInt8]]>([:])
        let value = Mutex<UInt32>(0)
    }

    /// A body that no other exchange has.
    static func body(_ number: UInt32, count: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(number) + 77)
        return (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
    }

    static func resources(_ ledger: Ledger) -> ResourceTree<UnprotectedRequest> {
        var tree = ResourceTree<UnprotectedRequest>()
        var large = ResourceProperties()
        large.maximumBody = 1 << 16
        tree.register(
            path: ["small"], methods: [.get: { _ in ResourceResponse(.content, .textPlain, Array("small".utf8)) }])
        tree.register(
            path: ["large"],
            methods: [
                .get: { request in
                    let number = UInt32(request.options.uriQuery.first ?? "") ?? 0
                    return ResourceResponse(.content, .octetStream, body(number, count: 3000))
                },
                .put: { request in
                    let number = UInt32(request.options.uriQuery.first ?? "") ?? 0
                    ledger.uploads.withLock { $0[number] = request.payload }
                    return ResourceResponse(.changed)
                },
            ], properties: large)
        tree.register(
            path: ["count"],
            methods: [
                .post: { request in
                    let number = UInt32(request.options.uriQuery.first ?? "") ?? 0
                    ledger.posts.withLock { $0[number, default: 0] += 1 }
                    return ResourceResponse(.changed)
                }
            ])
        tree.register(
            path: ["late"], Resource(methods: [.get: .deferred { _ in ResourceResponse(.content) }]))
        return tree
    }

    static func endpoint(_ resources: ResourceTree<UnprotectedRequest>) throws -> CoAPEngine.Endpoint<NoProtection> {
        // Many exchanges at a time between two endpoints, on a network that can bear it.
        let parameters = try TransmissionParameters(nStart: 64, probingRate: 1_000_000, mayHurryMoreThanStandard: true)
        var settings = RequestServerSettings()
        settings.transmission = parameters
        settings.unprovenAddresses = .trust
        // All come from one peer.
        settings.limits.uploads.entriesPerPeer = 64
        settings.limits.snapshots.entriesPerPeer = 64
        settings.limits.calls.entriesPerPeer = 64
        return CoAPEngine.Endpoint(
            protection: NoProtection(), layer: MessageLayer(parameters: parameters),
            openServer: RequestServer(resources: resources, settings: settings))
    }

    enum Kind: CaseIterable { case small, late, count, download, upload }

    static func request(_ kind: Kind, _ number: UInt32) -> ClientRequest {
        var message: Message
        switch kind {
        case .small: message = Message(code: .get)
        case .late: message = Message(code: .get)
        case .count: message = Message(code: .post)
        case .download: message = Message(code: .get)
        case .upload:
            message = Message(code: .put, payload: body(number, count: 2000))
            message.options.contentFormat = .octetStream
        }
        switch kind {
        case .small: message.options.uriPath = ["small"]
        case .late: message.options.uriPath = ["late"]
        case .count: message.options.uriPath = ["count"]
        case .download, .upload: message.options.uriPath = ["large"]
        }
        message.options.uriQuery = [String(number)]
        var request = ClientRequest(message, to: server)
        request.blockSize = .bytes512
        return request
    }

    @Test(.requirement("COAP-0018", "COAP-0055", "COAP-0057", "COAP-0164"), arguments: [1, 2, 3, 4] as [UInt64])
    func everyExchangeEndsInTheRightState(seed: UInt64) throws {
        let ledger = Ledger()
        let network = SimulatedNetwork(seed: seed)
        let client = SimulatedEndpoint(
            Self.client, seed: seed + 1, endpoint: try Self.endpoint(ResourceTree<UnprotectedRequest>()))
        let server = SimulatedEndpoint(
            Self.server, seed: seed + 2, endpoint: try Self.endpoint(Self.resources(ledger)))
        server.answersLate = (.seconds(5), ResourceResponse(.content, .textPlain, Array("late".utf8)))
        network.add(client)
        network.add(server)
        var kinds = SeededGenerator(seed: seed + 3)
        var begun: [OperationID: (Kind, UInt32)] = [:]
        var largest = (client: 0, server: 0)
        // 4 seeds of 2,500 make 10,000.
        var number: UInt32 = 0
        while number < 2500 {
            for _ in 0..<32 {
                let kind = Kind.allCases.randomElement(using: &kinds) ?? .small
                let id = try client.start(Self.request(kind, number), at: network.now)
                begun[id] = (kind, number)
                number += 1
            }
            network.collect(from: client)
            network.run(for: .seconds(100))
            largest.client = max(largest.client, client.endpoint.layer.load.exchanges)
            largest.server = max(largest.server, server.endpoint.layer.load.rememberedMessages)
        }
        network.run(for: .seconds(1200))
        var done = 0
        for (id, (kind, number)) in begun {
            let end = try #require(client.ends[id], "\(kind) \(number) has not ended")
            let posts = ledger.posts.withLock { $0[number] ?? 0 }
            #expect(posts <= 1, "\(number) was processed \(posts) times")
            guard end == .complete else {
                #expect(end == .failed(.timeout), "\(kind) \(number): \(end)")
                continue
            }
            done += 1
            let response = try #require(client.responses[id]?.first)
            #expect(client.responses[id]?.count == 1)
            switch kind {
            case .small: #expect(response.message.payload == Array("small".utf8))
            case .late: #expect(response.message.payload == Array("late".utf8))
            case .count: #expect(posts == 1)
            case .download:
                // Compared outside: a failure shall not print both.
                let isWhole = response.message.payload == Self.body(number, count: 3000)
                #expect(isWhole, "\(number)")
            case .upload:
                #expect(response.message.code == .changed)
                let isWhole = ledger.uploads.withLock { $0[number] } == Self.body(number, count: 2000)
                #expect(isWhole, "\(number)")
            }
        }
        // A message is lost five times in a row once in two hundred, and long bodies take six messages.
        #expect(done > begun.count * 9 / 10)
        #expect(network.lost > network.sent / 6)
        #expect(network.doubled > 0)
        // Nothing is left, and never was there more than the limits.
        let limits = MessageLayerLimits()
        #expect(largest.client <= limits.exchanges)
        #expect(largest.server <= limits.rememberedMessages)
        #expect(client.endpoint.layer.load.exchanges == 0)
        #expect(client.endpoint.layer.load.transmissions == 0)
        #expect(client.endpoint.client.load.operations == 0)
        #expect(client.endpoint.client.load.assembledBytes == 0)
        #expect(server.endpoint.layer.load.pendingRequests == 0)
        #expect(server.endpoint.layer.load.transmissions == 0)
    }
}
