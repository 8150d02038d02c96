import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// What strangers, and servers that say nonsense, can and cannot do to exchanges of ours.
struct HostileMessageTests {
    private let unknown: Options = {
        var options = Options()
        options.append(OptionNumber(rawValue: 9999), [1])
        return options
    }()

    @Test(.requirement("COAP-0025"))
    func aConfirmableResponseWithAnUnknownCriticalOptionIsReset() throws {
        var client = Endpoint()
        let (id, sent) = try client.send(get())
        let response = datagram(.confirmable, .content, id: 5, token: sent.header.token, options: unknown)
        let effects = client.receive(response)
        #expect(effects.sent.map(\.header) == [header(.reset, .empty, 5)])
        #expect(effects.failures == [.unusableResponse])
        #expect(effects.last == .failed(id, .unusableResponse))
        #expect(client.advance(by: .seconds(400)).isEmpty)
        #expect(client.layer.counters.unusableResponses == 1)
    }

    @Test(.requirement("COAP-0025"))
    func anAcknowledgementWithAnUnknownCriticalOptionIsNoResponse() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get())
        let response = datagram(
            .acknowledgement, .content, id: sent.header.messageID.rawValue, token: sent.header.token, options: unknown)
        #expect(client.receive(response).failures == [.unusableResponse])
        #expect(client.layer.load.transmissions == 0)
    }

    @Test(.requirement("COAP-0025"), arguments: [OutgoingRequest.Expectation.manyResponses, .verifiedResponse])
    func whereOthersMayAnswerAnUnusableResponseEndsNothing(expects: OutgoingRequest.Expectation) throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get(expects: expects))
        let token = sent.header.token
        let non = datagram(.nonConfirmable, .content, id: 5, token: token, options: unknown)
        #expect(client.receive(non).isEmpty)
        let confirmable = datagram(.confirmable, .content, id: 6, token: token, options: unknown)
        #expect(client.receive(confirmable).sent.map(\.header) == [header(.reset, .empty, 6)])
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 7, token: token)).responses.count == 1)
    }

    @Test(.requirement("COAP-0025"))
    func whatIsUnderstoodIsChosenAndMustBeWellFormed() throws {
        let flaws: [(OptionNumber, [[UInt8]], isUsable: Bool)] = [
            (.oscore, [[9]], true), (.block2, [[0x0e]], true), (.eTag, [[]], true), (.maxAge, [[1], [2]], true),
            (.block2, [[0x0e], [0x0e]], false), (.block2, [[0, 0, 0, 0]], false), (.uriPath, [[97]], false),
            (.qBlock2, [[]], false),
        ]
        for (number, values, isUsable) in flaws {
            var options = Options()
            for value in values { options.append(number, value) }
            var client = Endpoint()
            let (_, sent) = try client.send(get())
            let response = datagram(.nonConfirmable, .content, id: 5, token: sent.header.token, options: options)
            #expect(client.receive(response).responses.count == (isUsable ? 1 : 0), "\(number)")
        }
        var client = Endpoint()
        client.layer = MessageLayer(understoodInResponses: [OptionNumber(rawValue: 9999), .block2])
        let (_, sent) = try client.send(get())
        let response = datagram(.nonConfirmable, .content, id: 5, token: sent.header.token, options: unknown)
        // It is registered nowhere, so nothing is known of its format.
        #expect(client.receive(response).failures == [.unusableResponse])
    }

    @Test(.requirement("COAP-0062", "COAP-0271"))
    func emptyMessagesFromElsewhereEndNothing() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get())
        var elsewhere = Endpoint.peer
        elsewhere.port += 1
        for source in [Endpoint.other, elsewhere] {
            for type in MessageType.allCases {
                for id in [sent.header.messageID.rawValue, sent.header.messageID.rawValue &+ 1] {
                    let effects = client.receive(datagram(type, .empty, id: id), from: source)
                    #expect(effects.sent.map(\.header.type) == (type == .confirmable ? [.reset] : []))
                    #expect(effects.failures.isEmpty)
                }
            }
        }
        #expect(client.layer.load.transmissions == 1)
        #expect(client.layer.load.exchanges == 1)
    }

    @Test(.requirement("COAP-0271"))
    func guessedMessageIDsDoNotEndWhatOnlyAGenuineAnswerEnds() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get(expects: .verifiedResponse))
        for id in 0...UInt16.max {
            #expect(client.receive(datagram(.acknowledgement, .empty, id: id)).isEmpty)
            #expect(client.receive(datagram(.reset, .empty, id: id)).isEmpty)
        }
        #expect(client.advance(by: .seconds(3)).map(\.effect).sent == [sent])
    }

    @Test(.requirement("COAP-0271", "COAP-0065"))
    func aGuesserOffThePathFindsNoToken() throws {
        var client = Endpoint()
        _ = try client.send(get(reliability: .nonConfirmable))
        var random = SeededGenerator(seed: 11)
        var delivered = 0
        for _ in 0..<1_000_000 {
            let guess = datagram(.nonConfirmable, .content, id: 1, token: Token(random.next()))
            delivered += client.receive(guess).count
        }
        #expect(delivered == 0)
        #expect(client.layer.counters.unmatchedResponses == 1_000_000)
    }

    @Test(.requirement("COAP-0083"))
    func anotherSocketWithTheSameTokenGetsNothing() throws {
        // The same seed: both draw the same token.
        var one = Endpoint()
        var other = Endpoint()
        let (_, sent) = try one.send(get(to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses))
        let response = datagram(.nonConfirmable, .content, id: 1, token: sent.header.token)
        #expect(other.receive(response).isEmpty)
        let (_, same) = try other.send(get(to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses))
        #expect(same.header.token == sent.header.token)
        #expect(one.receive(response).responses.count == 1)
        #expect(other.layer.counters.unmatchedResponses == 1)
    }

    @Test(.requirement("COAP-0276"))
    func whatTheNetworkRefusesFailsAloneAndTheNextSucceeds() throws {
        var client = Endpoint()
        let (refused, sent) = try client.send(get())
        let (open, _) = try client.send(get(to: Endpoint.other))
        let (waiting, _) = try client.ask(get())
        var effects: [MessageLayerEffect] = []
        client.layer.transmissionFailed(sent.datagram, at: client.now, effects: &effects)
        #expect(effects == [.failed(refused, .notSent)])
        // Nothing is owed for what never left.
        #expect(client.advance(by: .zero).map(\.effect).begun == [waiting])
        #expect(client.layer.token(of: open) != nil)

        // A group request fails as a whole, what was asked of one member does not.
        effects = []
        let (group, groupSent) = try client.send(
            get(to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses))
        let member = SocketAddress(IPv6Address(high: 0x2001 << 48, low: 77), port: 5683)
        let followUp = try #require(try client.send(get(to: member), continuing: group).sent.first)
        client.layer.transmissionFailed(followUp.datagram, at: client.now, effects: &effects)
        #expect(effects.isEmpty)
        client.layer.transmissionFailed(
            to: Endpoint.group, messageID: groupSent.header.messageID, at: client.now, effects: &effects)
        #expect(effects == [.failed(group, .notSent)])
        #expect(client.layer.counters.notSent == 3)
    }

    @Test(.requirement("COAP-0064", "COAP-0276"))
    func aReportThatMatchesNoRequestTouchesNothing() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(get())
        let load = client.layer.load
        var effects: [MessageLayerEffect] = []
        client.layer.transmissionFailed(
            to: Endpoint.other, messageID: sent.header.messageID, at: client.now, effects: &effects)
        client.layer.transmissionFailed(
            to: Endpoint.peer, messageID: MessageID(rawValue: sent.header.messageID.rawValue &+ 1), at: client.now,
            effects: &effects)
        // An acknowledgement of ours may have the Message ID that a request of ours has.
        let acknowledgement = OutgoingDatagram(
            bytes: datagram(.acknowledgement, .empty, id: sent.header.messageID.rawValue),
            destination: Endpoint.peer)
        client.layer.transmissionFailed(acknowledgement, at: client.now, effects: &effects)
        #expect(effects.isEmpty)
        #expect(client.layer.load == load)
    }
}
