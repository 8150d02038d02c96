import Bytes
import GoscKit
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
}
