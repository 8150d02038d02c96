import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import GoscKit
import OSCORE
import Synchronization
import TestSupport
import Testing

/// Two endpoints that speak over the loopback interface of this host.
struct LoopbackTests {
    static func server() throws(CoAPError) -> CoAPEndpoint {
        var configuration = EndpointConfiguration()
        configuration.address = SocketAddress(.loopback, port: 0)
        return try CoAPEndpoint(configuration)
    }

    static func uri(_ endpoint: CoAPEndpoint, _ path: String) -> String {
        "coap://[::1]:\(endpoint.localAddress.port)/\(path)"
    }

    @Test func immediateAndDeferredHandlersAnswer() async throws {
        let server = try Self.server()
        await server.serve("now", Resource(methods: [.get: .immediate { _ in .text("now") }]))
        await server.serve("later", [.get: { _ in .text("later") }])
        let client = try CoAPEndpoint()
        #expect(try await client.get(Self.uri(server, "now")).text == "now")
        #expect(try await client.get(Self.uri(server, "later")).text == "later")
        #expect(try await client.get(Self.uri(server, "never")).code == .notFound)
    }

    @Test func longBodiesGoBothWays() async throws {
        let server = try Self.server()
        let stored = Mutex<[UInt8]>([])
        var properties = ResourceProperties()
        properties.maximumBody = 1 << 17
        await server.serve(
            "body",
            [
                .get: { _ in ResourceResponse(.content, .octetStream, stored.withLock(\.self)) },
                .put: { request in
                    stored.withLock { $0 = request.payload }
                    return ResourceResponse(.changed)
                },
            ], properties: properties)
        let client = try CoAPEndpoint()
        let body = (0..<65_536).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        #expect(try await client.put(Self.uri(server, "body"), body, format: .octetStream).code == .changed)
        #expect(stored.withLock(\.self) == body)
        #expect(try await client.get(Self.uri(server, "body")).payload == body)
    }

    @Test func observersAreToldAndCanStop() async throws {
        let server = try Self.server()
        let value = Mutex(0)
        var properties = ResourceProperties()
        properties.isObservable = true
        properties.notifiesConfirmably = true
        await server.serve("value", [.get: { _ in .text("\(value.withLock(\.self))") }], properties: properties)
        let client = try CoAPEndpoint()
        var seen: [String] = []
        for try await state in try await client.observe(Self.uri(server, "value")) {
            seen.append(state.text ?? "")
            if seen.count == 3 { break }
            value.withLock { $0 += 1 }
            await server.resourceChanged("value")
        }
        #expect(seen == ["0", "1", "2"])
    }

    /// The keys are those of one test and gone with it.
    private struct NothingKept: SequenceNumberStore {
        func reserve(below end: UInt64) throws {}
    }

    static func association(_ sender: UInt8, _ recipient: UInt8) throws -> OSCOREAssociation {
        OSCOREAssociation(
            masterSecret: Array(1...16), senderID: try #require(SenderID([sender])),
            recipientID: try #require(SenderID([recipient])), reservedEnd: 0, store: NothingKept())
    }

    @Test(.requirement("COAP-0272"))
    func protectedResourcesAreReachedByProtectedRequestsOnly() async throws {
        var configuration = EndpointConfiguration()
        configuration.address = SocketAddress(.loopback, port: 0)
        configuration.associations = [try Self.association(1, 2)]
        let server = try CoAPEndpoint(configuration)
        let calls = Mutex(0)
        await server.serveProtected(
            "secret",
            [
                .get: { request in
                    calls.withLock { $0 += 1 }
                    return .text("for \(request.verified.sender)")
                }
            ])
        var own = EndpointConfiguration()
        let association = try Self.association(2, 1)
        own.associations = [association]
        let client = try CoAPEndpoint(own)
        let response = try await client.request(.get, Self.uri(server, "secret"), peer: association.peer)
        #expect(response.text == "for 02")
        #expect(response.peer == association.peer)
        #expect(try await client.get(Self.uri(server, "secret")).code == .unauthorized)
        #expect(calls.withLock(\.self) == 1)
    }

    @Test func cancellingATaskEndsItsOperation() async throws {
        let client = try CoAPEndpoint()
        // A port that nobody listens at.
        let task = Task { try await client.get("coap://[::1]:9/nobody") }
        await Task.yield()
        task.cancel()
        await #expect(throws: CoAPError.cancelled) { try await task.value }
    }

    @Test func whoWaitsWhenAnEndpointIsShutDownIsTold() async throws {
        let client = try CoAPEndpoint()
        let task = Task { try await client.get("coap://[::1]:9/nobody") }
        await Task.yield()
        await client.shutDown()
        await #expect(throws: CoAPError.shutDown) { try await task.value }
        await #expect(throws: CoAPError.shutDown) { try await client.get("coap://[::1]:9/nobody") }
    }

    @Test func addressesAndNamesAreFound() async throws {
        let server = try CoAPEndpoint()
        await server.serve("now", Resource(methods: [.get: .immediate { _ in .text("now") }]))
        let client = try CoAPEndpoint()
        let port = server.localAddress.port
        #expect(try await client.get("coap://localhost:\(port)/now").text == "now")
        #expect(try await client.get("coap://127.0.0.1:\(port)/now").text == "now")
        await #expect(throws: CoAPError.secureScheme("coaps://[::1]/now")) { try await client.get("coaps://[::1]/now") }
        await #expect(throws: CoAPError.unknownHost("nowhere.invalid")) {
            try await client.get("coap://nowhere.invalid/now")
        }
    }
}
