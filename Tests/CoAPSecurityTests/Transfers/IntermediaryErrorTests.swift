import Bytes
import CoAP
import CoAPEngine
import CoAPSecurity
import TestSupport
import Testing

/// What proxies say to a client on their own behalf.
struct IntermediaryErrorTests {
    /// Nobody is to answer, and a proxy says that nobody has.
    @Test(.requirement("OSC-0048"), arguments: ProtectionKind.allCases, [true, false])
    func aGatewayTimeoutIsDiscarded(kind: ProtectionKind, wantsNoResponse: Bool) throws {
        let floor = Floor()
        let client = FloorEndpoint(1, try kind.securities().client)
        floor.add(client)
        var message = Message(code: .put, payload: [1])
        message.options.uriPath = ["t"]
        if wantsNoResponse { message.options.noResponse = 26 }
        var request = ClientRequest(message, to: Floor.address(2), peer: try kind.peer(), reliability: .nonConfirmable)
        request.deadline = .seconds(50)
        let id = try client.start(request, on: floor)
        floor.run(for: .seconds(1))
        let sent = try #require(floor.sent.last)
        // What is wanted is between the endpoints; a proxy is told nothing.
        #expect(!sent.message.options.contains(.noResponse))
        var bytes: [UInt8] = []
        let empty: [UInt8] = []
        DatagramCodec.encode(
            DatagramHeader(
                type: .nonConfirmable, code: .gatewayTimeout, messageID: MessageID(rawValue: 1),
                token: sent.header.token), body: empty.span, into: &bytes)
        floor.inject(OutgoingDatagram(bytes: bytes, destination: client.address), from: Floor.address(2))
        floor.run(for: .seconds(1))
        #expect(client.responses[id] == nil)
        #expect(client.ends[id] == (wantsNoResponse ? .complete : nil))
        floor.run(for: .seconds(100))
        #expect(client.ends[id] == (wantsNoResponse ? .complete : .deadline))
        // Nothing is sent because of it.
        #expect(floor.sent.count == 1)
    }
}
