import Bytes
import CoAP
import CoAPEngine
import DatagramTransport
import GoscKit
import TestSupport
import Testing

/// What an endpoint can say without any resource.
struct EndpointPingTests {
    @Test(.requirement("COAP-0063"))
    func whoIsThereAnswers() async throws {
        let server = try LoopbackTests.server()
        let client = try CoAPEndpoint()
        let time = try await client.ping(LoopbackTests.uri(server, ""))
        #expect(time > .zero && time < .seconds(10))
        #expect(await server.counters.messages.pings == 1)
    }

    @Test func aPingCanBeCancelled() async throws {
        let client = try CoAPEndpoint()
        let task = Task { try await client.ping("coap://[::1]:9/") }
        await Task.yield()
        task.cancel()
        await #expect(throws: CoAPError.self) { try await task.value }
    }

    @Test func aShutDownEndsIt() async throws {
        let client = try CoAPEndpoint()
        await client.shutDown()
        await #expect(throws: CoAPError.shutDown) { try await client.ping("coap://[::1]:9/") }
    }

    @Test func tooManyGroupsAreAnError() throws {
        var configuration = EndpointConfiguration()
        let interface = try InterfaceTable.index(named: "lo")
        configuration.groups = (1...64).map {
            GroupMembership(IPv6Address(high: 0xff15 << 48, low: $0), interface: interface)
        }
        #expect(throws: CoAPError.transport(.tooManySockets(65))) { try CoAPEndpoint(configuration) }
    }
}
