import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

/// Corners of what waits and of what is sent again.
struct QueueTests {
    @Test(.requirement("COAP-0256", "COAP-0258"))
    func retransmissionsAreOwedLikeFirstTransmissions() throws {
        // 30 bytes, five times: given up before 93 s, paid for after 150 s.
        var client = Endpoint()
        let request = get(payload: Array(repeating: 1, count: 17))
        let (first, effects) = try client.ask(request)
        #expect(try #require(effects.sent.first).datagram.bytes.count == 30)
        let (second, _) = try client.ask(request)
        let events = client.advance(by: .seconds(151)).filter { $0.effect == .begun(second) }
        #expect(events.map(\.at) == [.seconds(150)])
        #expect(client.layer.token(of: first) == nil)
    }

    @Test(.requirement("COAP-0102"))
    func anAnswerDoesNotBringARepeatForward() throws {
        // Neither NSTART nor PROBING_RATE would hold it back.
        var client = try Endpoint.hurried()
        let (id, sent) = try client.send(
            get(
                to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses, settlesAfter: .seconds(5)))
        _ = client.advance(by: .seconds(1))
        #expect(try client.sendAgain(id, newMessageID: true).isEmpty)
        client.receive(datagram(.nonConfirmable, .content, id: 1, token: sent.header.token))
        let events = client.advance(by: .seconds(60))
        #expect(events.map(\.at) == [.seconds(4), .seconds(4)])
    }

    @Test(.requirement("COAP-0262"))
    func requestsWhoseExchangeIsOverDoNotFillTheQueue() throws {
        var client = Endpoint()
        _ = try client.ask(get())
        for _ in 0..<1_000 {
            let (id, _) = try client.ask(get())
            client.layer.end(id, at: client.now)
        }
        let number = try #require(client.layer.destinationsByAddress[Endpoint.peer])
        #expect(try #require(client.layer.destinations[number]).queue.count <= 17)
    }

    @Test(.requirement("COAP-0144"))
    func aNewerStateDoesNotBeginTheAttemptsAnewHoweverLateItComes() throws {
        var server = Endpoint()
        let (id, _) = server.notify(
            OutgoingNotification(
                message: Message(code: .content, payload: [1]), token: Token(7),
                path: DatagramPath(source: Endpoint.peer, destination: Endpoint.home), isConfirmable: true))
        var transmissions = 1
        while transmissions < 4 {
            transmissions += server.advance(by: .milliseconds(100)).map(\.effect).sent.count
        }
        let body = Message(code: .content, payload: [2]).body
        let isReplaced = server.layer.replaceNotification(try #require(id), code: .content, body: body)
        #expect(isReplaced)
        let events = server.advance(by: .seconds(400)).map(\.effect)
        #expect(events.sent.map(\.message.payload) == [[2]])
        #expect(events.outcomes == [.timeout])
    }
}
