import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Asking whether somebody is there.
struct PingTests {
    private func ping(_ client: inout Endpoint) throws -> (id: ExchangeID, effects: [MessageLayerEffect]) {
        var effects: [MessageLayerEffect] = []
        let id = try client.layer.ping(Endpoint.peer, at: client.now, random: &client.random, effects: &effects)
        return (id, effects)
    }

    @Test(.requirement("COAP-0063"))
    func aResetIsTheAnswer() throws {
        var client = Endpoint()
        let (id, effects) = try ping(&client)
        let sent = try #require(effects.sent.first)
        #expect(sent.datagram.bytes.count == 4)
        #expect(sent.header.type == .confirmable && sent.header.code == .empty)
        var server = Endpoint()
        let answer = try #require(server.receive(sent.datagram.bytes).sent.first)
        #expect(client.receive(answer.datagram.bytes, from: Endpoint.other).isEmpty)
        #expect(client.receive(answer.datagram.bytes) == [.failed(id, .reset)])
        #expect(client.layer.load.exchanges == 0 && client.layer.load.transmissions == 0)
    }

    @Test(.requirement("COAP-0047"))
    func itIsSentAgainAndGivenUp() throws {
        var client = Endpoint()
        let (id, effects) = try ping(&client)
        let events = client.advance(by: .seconds(100)).map(\.effect)
        #expect(events.sent == Array(repeating: try #require(effects.sent.first), count: 4))
        #expect(events.last == .failed(id, .timeout))
    }

    @Test func whatCannotLeaveEndsIt() throws {
        var client = Endpoint()
        let (id, effects) = try ping(&client)
        var failed: [MessageLayerEffect] = []
        client.layer.transmissionFailed(try #require(effects.sent.first).datagram, at: client.now, effects: &failed)
        #expect(failed == [.failed(id, .notSent)])
    }

    @Test(.requirement("COAP-0256"))
    func itWaitsForItsTurn() throws {
        var client = Endpoint()
        let (first, effects) = try ping(&client)
        #expect(try ping(&client).effects.isEmpty)
        let id = try #require(effects.sent.first).header.messageID.rawValue
        #expect(client.receive(datagram(.reset, .empty, id: id)) == [.failed(first, .reset)])
        #expect(client.advance(by: .seconds(1)).map(\.effect).sent.count == 1)
    }

    @Test func groupsAreNotPinged() {
        var client = Endpoint()
        var effects: [MessageLayerEffect] = []
        #expect(throws: SendError.confirmableToGroup) {
            try client.layer.ping(Endpoint.group, at: client.now, random: &client.random, effects: &effects)
        }
    }

    /// The address that an answer to a group request comes from is chosen where the addresses are known.
    @Test(.requirement("COAP-0085"))
    func anAnswerToAGroupComesFromTheAddressThatWasChosen() throws {
        var server = Endpoint()
        let chosen = try #require(IPv6Address("2001:db8::77"))
        for (destination, source) in [(Endpoint.group.address, chosen), (Endpoint.home, Endpoint.home)] {
            var path = DatagramPath(source: Endpoint.peer, destination: destination)
            path.answerAddress = chosen
            var effects: [MessageLayerEffect] = []
            let request = datagram(.nonConfirmable, .get, id: 4, token: Token(1))
            server.layer.receive(
                request.span, from: path, at: server.now, random: &server.random, effects: &effects)
            let handle = try #require(effects.requests.first?.handle)
            #expect(server.respond(to: handle, Message(code: .content)).sent.first?.datagram.source == source)
        }
    }
}
