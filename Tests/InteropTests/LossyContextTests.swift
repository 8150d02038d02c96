import CoAP
import CoAPEngine
import Foundation
import GoscKit
import TestSupport
import Testing

/// Our client where datagrams get lost and come twice: TD_COAP_CORE_15 and 16, and what else a client does.
@Suite(.namespacePermitted, .inNetworkNamespace, .timeLimit(.minutes(3)))
struct LossyContextProcessTests {
    /// Waits a tenth as long for acknowledgements as the standard says, for the sake of whoever waits for the tests.
    private static func client() throws -> CoAPEndpoint {
        var configuration = EndpointConfiguration()
        configuration.transmission = try TransmissionParameters(
            ackTimeout: .milliseconds(200), maxRetransmit: 8, mayHurryMoreThanStandard: true)
        return try CoAPEndpoint(configuration)
    }

    @Test(.requirement("COAP-0047", "COAP-0055"))
    func everythingComesThroughToOurServer() async throws {
        let server = try Program.plugtestServer()
        defer { server.stop() }
        let relay = try LossyRelay(to: 5683, seed: 1)
        let there = "coap://[::1]:\(relay.port)"
        let client = try Self.client()
        for _ in 0..<15 {
            #expect(try await client.get("\(there)/test").text == "Hello from gosc")
            #expect(try await client.put("\(there)/test", [1], format: .octetStream).code == .changed)
        }
        #expect(try await client.get("\(there)/separate").text == "This took a while")
        let body = Pattern.bytes(8_192)
        #expect(try await client.put("\(there)/large-update", body, format: .octetStream).code == .changed)
        let stored = try await client.get("\(there)/large-update")
        #expect(stored.payload == body)
        await client.shutDown()
        let counts = relay.stop()
        #expect(counts.lost > 10 && counts.doubled > 10, "\(counts)")
    }

    @Test(.aiocoapPresent, .requirement("COAP-0047", "COAP-0055"))
    func everythingComesThroughToAiocoap() async throws {
        let server = try Program(
            [Surroundings.python, try Surroundings.peer("aiocoap_server.py"), "5690", "lo"], ready: "ready")
        defer { server.stop() }
        let relay = try LossyRelay(to: 5690, seed: 2)
        let there = "coap://[::1]:\(relay.port)"
        let client = try Self.client()
        for _ in 0..<10 {
            #expect(try await client.get("\(there)/hello").text == "Hello from aiocoap")
            // Each counts once, however often it was sent.
            #expect(try await client.post("\(there)/counter", [], format: .textPlain).code.isSuccess)
        }
        #expect(try await client.get("\(there)/counter").text == "10")
        #expect(try await client.get("\(there)/separate").text == "later")
        let body = Pattern.bytes(8_192)
        #expect(try await client.put("\(there)/store", body, format: .octetStream).code == .changed)
        let stored = try await client.get("\(there)/store")
        #expect(stored.payload == body)
        await client.shutDown()
        let counts = relay.stop()
        #expect(counts.lost > 10 && counts.doubled > 10, "\(counts)")
    }
}
