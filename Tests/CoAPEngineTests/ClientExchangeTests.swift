import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct ClientExchangeTests {
    @Test(.requirement("COAP-0047", "COAP-0277"), arguments: 0..<20)
    func aSilentPeerGetsFiveIdenticalTransmissionsWithDoublingGaps(seed: UInt64) throws {
        var client = Endpoint()
        client.random = SeededGenerator(seed: seed)
        let (_, first) = try client.send(get())
        let events = client.advance(by: .seconds(400))
        let retransmissions = events.filter { Sent($0.effect) != nil }
        #expect(retransmissions.count == 4)
        #expect(retransmissions.allSatisfy { Sent($0.effect) == first })
        let initial = try #require(retransmissions.first?.at)
        #expect(initial >= .seconds(2) && initial <= .seconds(3), "seed \(seed)")
        #expect(retransmissions.map(\.at) == [1, 3, 7, 15].map { initial * $0 })
        #expect(events.last?.at == initial * 31)
        #expect(events.map(\.effect).failures == [.timeout])
        #expect(client.layer.nextDeadline == nil)
        #expect(client.layer.load.exchanges == 0)
    }

    @Test(.requirement("COAP-0047"))
    func firstTimeoutsAreSpread() throws {
        var client = try Endpoint.hurried()
        var firsts: Set<Int64> = []
        for _ in 0..<50 {
            let (id, _) = try client.send(get())
            firsts.insert(try #require(client.layer.nextDeadline).nanoseconds)
            client.layer.end(id, at: client.now)
        }
        #expect(firsts.count == 50)
    }

    @Test(.requirement("COAP-0050", "COAP-0079"))
    func anAcknowledgementStopsRetransmissionAndTheExchangeWaitsForItsResponse() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get())
        #expect(client.receive(datagram(.acknowledgement, .empty, id: sent.header.messageID.rawValue)).isEmpty)
        #expect(client.advance(by: .seconds(100)).isEmpty)
        let effects = client.receive(datagram(.confirmable, .content, id: 7, token: sent.header.token, payload: [1]))
        #expect(effects.responses.first?.message.payload == [1])
        #expect(effects.sent.map(\.header) == [header(.acknowledgement, .empty, 7)])
        #expect(client.layer.nextDeadline == nil)

        let (_, unanswered) = try client.send(get(timeout: .seconds(30)))
        client.receive(datagram(.acknowledgement, .empty, id: unanswered.header.messageID.rawValue))
        let events = client.advance(by: .seconds(100))
        #expect(events.map(\.effect).failures == [.timeout])
        #expect(events.first?.at == .seconds(30))
    }

    @Test(.requirement("COAP-0062"))
    func anAcknowledgementFromElsewhereIsIgnored() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get())
        var elsewhere = Endpoint.peer
        elsewhere.port = 5684
        client.receive(datagram(.acknowledgement, .empty, id: sent.header.messageID.rawValue), from: elsewhere)
        #expect(client.advance(by: .seconds(3)).count == 1)
    }

    @Test(.requirement("COAP-0050"))
    func aResetAfterTheSecondTransmissionFailsTheExchange() throws {
        var client = Endpoint()
        let (id, sent) = try client.send(get())
        #expect(client.advance(by: .seconds(4)).count == 1)
        let reset = datagram(.reset, .empty, id: sent.header.messageID.rawValue)
        #expect(client.receive(reset, from: Endpoint.other).isEmpty)
        #expect(client.receive(reset) == [.failed(id, .reset)])
        #expect(client.advance(by: .seconds(400)).isEmpty)
    }

    @Test(.requirement("COAP-0051", "COAP-0061", "COAP-0055"))
    func aSeparateResponseStopsRetransmissionAndItsDuplicateIsOnlyAcknowledged() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get())
        let response = datagram(.confirmable, .content, id: 9, token: sent.header.token)
        let first = client.receive(response)
        #expect(first.responses.count == 1)
        let second = client.receive(response)
        #expect(second.responses.isEmpty)
        #expect(second.sent == first.sent)
        #expect(client.advance(by: .seconds(400)).isEmpty)
    }

    @Test(.requirement("COAP-0065", "COAP-0062"))
    func aPiggybackedResponseMatchesMessageIDTokenAndEndpoint() throws {
        var client = Endpoint()
        let (id, sent) = try client.send(get())
        let messageID = sent.header.messageID.rawValue
        let right = datagram(.acknowledgement, .content, id: messageID, token: sent.header.token)
        #expect(client.receive(right, from: Endpoint.other).isEmpty)
        #expect(
            client.receive(datagram(.acknowledgement, .content, id: messageID &+ 1, token: sent.header.token)).isEmpty)
        #expect(client.receive(datagram(.acknowledgement, .content, id: messageID, token: Token(1))).isEmpty)
        guard case .response(let matched, _) = client.receive(right).first else {
            Issue.record("no response")
            return
        }
        #expect(matched == id)
        #expect(client.receive(right).isEmpty)
    }

    @Test(.requirement("COAP-0065", "COAP-0061"))
    func unexpectedResponsesAreResetIfConfirmableAndIgnoredOtherwise() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get())
        let spoofed = client.receive(
            datagram(.confirmable, .content, id: 5, token: sent.header.token), from: Endpoint.other)
        #expect(spoofed.sent.map(\.header) == [header(.reset, .empty, 5)])
        #expect(spoofed.responses.isEmpty)
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 6, token: Token(1))).isEmpty)
        #expect(client.layer.counters.unmatchedResponses == 2)
    }

    @Test(.requirement("COAP-0060"))
    func aNonConfirmableRequestAcceptsAConfirmableResponse() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get(reliability: .nonConfirmable))
        #expect(sent.header.type == .nonConfirmable)
        #expect(client.layer.load.transmissions == 0)
        let effects = client.receive(datagram(.confirmable, .content, id: 4, token: sent.header.token))
        #expect(effects.responses.count == 1)
        #expect(effects.sent.map(\.header.type) == [.acknowledgement])
    }

    @Test func anEndedExchangeIsSilent() throws {
        var client = Endpoint()
        let (id, sent) = try client.send(get())
        client.layer.end(id, at: client.now)
        #expect(client.layer.nextDeadline == nil)
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 4, token: sent.header.token)).isEmpty)
    }

    @Test(.requirement("COAP-0080", "COAP-0262"))
    func whatMustNotBeSentIsRefused() throws {
        var limits = MessageLayerLimits()
        limits.exchanges = 1
        var client = Endpoint(limits: limits)
        #expect(throws: SendError.confirmableToGroup) { try client.send(get(to: Endpoint.group)) }
        #expect(throws: SendError.notARequest) {
            try client.send(OutgoingRequest(message: Message(code: .content), destination: Endpoint.peer))
        }
        #expect(throws: SendError.tooLarge) {
            try client.send(
                OutgoingRequest(code: .get, body: Array(repeating: 1, count: 65_507), destination: Endpoint.peer))
        }
        _ = try client.send(get())
        #expect(throws: SendError.tooManyExchanges) { try client.send(get()) }
        #expect(client.layer.load.exchanges == 1)
    }
}

func header(_ type: MessageType, _ code: Code, _ id: UInt16, _ token: Token = .empty) -> DatagramHeader {
    DatagramHeader(type: type, code: code, messageID: MessageID(rawValue: id), token: token)
}
