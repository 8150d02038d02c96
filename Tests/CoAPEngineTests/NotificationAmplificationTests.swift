import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// How much a small datagram under somebody else's address makes a server send there.
struct NotificationAmplificationTests {
    /// Two answers of the size that one may have, and not one and five notifications.
    @Test(.requirement("COAP-0195", "COAP-0196"))
    func aForgedRegistration() throws {
        var properties = ResourceProperties()
        properties.isObservable = true
        var tree = ResourceTree<UnprotectedRequest>()
        tree.register(
            path: ["t"], methods: [.get: { _ in ResourceResponse(.content, .octetStream, bytes(100)) }],
            properties: properties)
        var server = CoAPEngine.Endpoint(
            protection: NoProtection(), openServer: RequestServer(resources: tree))
        var random = SeededGenerator(seed: 1)
        var now = MonotonicInstant(nanoseconds: 1_000_000_000)
        var options = Options()
        options.uriPath = ["t"]
        options.observe = 0
        let request = datagram(.nonConfirmable, .get, id: 1, options: options)
        var effects: [EndpointEffect] = []
        server.receive(
            request.span, from: DatagramPath(source: Endpoint.peer, destination: Endpoint.home), at: now,
            random: &random, effects: &effects)
        server.resourceChanged(["t"], at: now, random: &random, effects: &effects)
        for _ in 0..<400 {
            now = now.advanced(by: .seconds(1))
            server.handleTimers(at: now, random: &random, effects: &effects)
            server.resourceChanged(["t"], at: now, random: &random, effects: &effects)
        }
        var sent = 0
        for case .transmit(let datagram) in effects { sent += datagram.bytes.count }
        #expect(sent <= 2 * 136)
    }
}
