import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// A reset of the answer that began an observation.
struct ResetFirstAnswerTests {
    private struct Server: ~Copyable {
        var endpoint: CoAPEngine.Endpoint<NoProtection>
        var random = SeededGenerator(seed: 1)
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)

        init(_ handler: ResourceHandler<UnprotectedRequest>) {
            var properties = ResourceProperties()
            properties.isObservable = true
            properties.groupAccess = .all
            properties.servesUnauthenticatedGroups = true
            var tree = ResourceTree<UnprotectedRequest>()
            tree.register(path: ["t"], Resource(methods: [.get: handler], properties: properties))
            var settings = RequestServerSettings()
            settings.unprovenAddresses = .trust
            endpoint = CoAPEngine.Endpoint(
                protection: NoProtection(), openServer: RequestServer(resources: tree, settings: settings))
        }

        mutating func receive(_ bytes: [UInt8], from source: SocketAddress = Endpoint.peer, to home: IPv6Address)
            -> [EndpointEffect]
        {
            var effects: [EndpointEffect] = []
            endpoint.receive(
                bytes.span, from: DatagramPath(source: source, destination: home), at: now, random: &random,
                effects: &effects)
            return effects
        }

        mutating func wait(_ duration: Duration) -> [EndpointEffect] {
            var effects: [EndpointEffect] = []
            now = now.advanced(by: duration)
            endpoint.handleTimers(at: now, random: &random, effects: &effects)
            return effects
        }

        mutating func complete(_ effects: [EndpointEffect]) -> [EndpointEffect] {
            var out: [EndpointEffect] = []
            for case .call(let call, _) in effects {
                endpoint.complete(
                    call, with: ResourceResponse(.content, .octetStream, [1]), at: now, random: &random, effects: &out)
            }
            return out
        }

        mutating func reset(_ id: MessageID) {
            _ = receive(datagram(.reset, .empty, id: id.rawValue), to: Endpoint.home)
        }
    }

    private func registration(_ type: MessageType) -> [UInt8] {
        var options = Options()
        options.uriPath = ["t"]
        options.observe = 0
        return datagram(type, .get, id: 77, token: Token(5), options: options)
    }

    private func sent(_ effects: [EndpointEffect]) -> DatagramHeader? {
        for case .transmit(let datagram) in effects { return try? DatagramCodec.decode(datagram.bytes.span).header }
        return nil
    }

    private let now = ResourceHandler<UnprotectedRequest>.immediate { _ in
        ResourceResponse(.content, .octetStream, [1])
    }
    private let later = ResourceHandler<UnprotectedRequest>.deferred { _ in ResourceResponse(.content) }

    @Test(.requirement("COAP-0147"), arguments: [MessageType.confirmable, .nonConfirmable])
    func endsTheObservation(type: MessageType) throws {
        var server = Server(now)
        let answer = try #require(sent(server.receive(registration(type), to: Endpoint.home)))
        #expect(server.endpoint.openServer.load.observations == 1)
        // Not of another address, nor of another message.
        _ = server.receive(
            datagram(.reset, .empty, id: answer.messageID.rawValue), from: Endpoint.other, to: Endpoint.home)
        server.reset(MessageID(rawValue: answer.messageID.rawValue &+ 1))
        #expect(server.endpoint.openServer.load.observations == 1)
        server.reset(answer.messageID)
        #expect(server.endpoint.openServer.load.observations == 0)
        #expect(server.endpoint.observations.isEmpty)
        #expect(server.endpoint.notifications.isEmpty)
    }

    @Test(.requirement("COAP-0147"), arguments: [false, true])
    func ofASeparateAnswerEndsItToo(isAcknowledged: Bool) throws {
        var server = Server(later)
        let called = server.receive(registration(.confirmable), to: Endpoint.home)
        _ = server.wait(.seconds(2))
        let answer = try #require(sent(server.complete(called)))
        #expect(answer.type == .confirmable)
        if isAcknowledged {
            _ = server.receive(
                datagram(.acknowledgement, .empty, id: answer.messageID.rawValue), to: Endpoint.home)
        }
        #expect(server.endpoint.openServer.load.observations == 1)
        server.reset(answer.messageID)
        #expect(server.endpoint.openServer.load.observations == 0)
        #expect(sent(server.wait(.seconds(100))) == nil)
    }

    @Test(.requirement("COAP-0147"))
    func afterALeisureToo() throws {
        var server = Server(now)
        _ = server.receive(registration(.nonConfirmable), to: Endpoint.group.address)
        let answer = try #require(sent(server.wait(.seconds(6))))
        server.reset(answer.messageID)
        #expect(server.endpoint.openServer.load.observations == 0)
    }

    /// Whoever runs the endpoint can see that clients do not learn of a state.
    @Test func notificationsThatCannotBeSentAreCounted() throws {
        let large = ResourceHandler<UnprotectedRequest>.immediate { _ in
            ResourceResponse(.content, .octetStream, [1])
        }
        var server = Server(large)
        var limits = MessageLayerLimits()
        limits.notifications = 0
        server.endpoint.layer = MessageLayer(limits: limits)
        _ = server.receive(registration(.nonConfirmable), to: Endpoint.home)
        var effects: [EndpointEffect] = []
        server.endpoint.resourceChanged(["t"], at: server.now, random: &server.random, effects: &effects)
        #expect(effects.isEmpty)
        #expect(server.endpoint.counters.unsentNotifications == 1)
    }

    @Test func whatEndsOtherwiseLeavesNothingBehind() throws {
        var server = Server(now)
        for _ in 0..<3 { _ = server.receive(registration(.nonConfirmable), to: Endpoint.home) }
        var options = Options()
        options.uriPath = ["t"]
        options.observe = 1
        let end = datagram(.nonConfirmable, .get, id: 78, token: Token(5), options: options)
        _ = server.receive(end, to: Endpoint.home)
        #expect(server.endpoint.openServer.load.observations == 0)
        #expect(server.endpoint.notifications.isEmpty)
    }
}
