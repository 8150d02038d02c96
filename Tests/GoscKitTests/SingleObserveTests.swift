import Bytes
import CoAP
import CoAPEngine
import GoscKit
import Synchronization
import Testing

/// Whether an observation can go on with nobody to end it.
struct SingleObserveTests {
    @Test func anObservationWithoutAnObserverEnds() async throws {
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
        let client = try CoAPEndpoint()
        var options = Options()
        options.observe = 0
        #expect(try await client.request(.get, LoopbackTests.uri(server, "value"), options: options).text == "on")
        _ = try await client.get(LoopbackTests.uri(server, "value"))
        #expect(asked.withLock(\.self) == [0, 1, nil])
    }
}
