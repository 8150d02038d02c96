import Bytes
import CoAP
import CoAPEngine
import GoscKit
import Synchronization
import TestSupport
import Testing

/// What an endpoint leaves behind.
struct ShutDownTests {
    @Test func anEndpointThatIsShutDownLeavesItsPort() async throws {
        var configuration = EndpointConfiguration()
        configuration.address = SocketAddress(.loopback, port: 0)
        let first = try CoAPEndpoint(configuration)
        configuration.address = first.localAddress
        await first.shutDown()
        let second = try CoAPEndpoint(configuration)
        #expect(second.localAddress == first.localAddress)
    }

    @Test(.requirement("COAP-0147"))
    func serversAreToldThatNobodyObservesAnyMore() async throws {
        let server = try LoopbackTests.server()
        let asked = Mutex<[UInt32?]>([])
        var properties = ResourceProperties()
        properties.isObservable = true
        await server.serve(
            "value",
            Resource(
                methods: [
                    .get: .immediate { request in
                        asked.withLock { $0.append(request.options.observe) }
                        return .text("on")
                    }
                ], properties: properties))
        let (client, other) = (try CoAPEndpoint(), try CoAPEndpoint())
        var states = try await client.observe(LoopbackTests.uri(server, "value")).makeAsyncIterator()
        #expect(try await states.next()?.text == "on")
        await client.shutDown()
        // What the first has sent comes before this.
        _ = try await other.get(LoopbackTests.uri(server, "value"))
        #expect(asked.withLock(\.self) == [0, 1, nil])
        await #expect(throws: CoAPError.shutDown) { try await states.next() }
    }
}
