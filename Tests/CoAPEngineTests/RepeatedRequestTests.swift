import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Requests that repeat or continue an exchange.
struct RepeatedRequestTests {
    private let groupGet = get(
        to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses, payload: [1, 2],
        settlesAfter: .seconds(5))

    @Test(.requirement("COAP-0099"))
    func aRepeatWithANewMessageIDIsAnsweredAgain() throws {
        var client = try Endpoint.hurried()
        let (id, first) = try client.send(groupGet)
        _ = client.advance(by: .seconds(5))
        let second = try #require(try client.sendAgain(id, newMessageID: true).sent.first)
        #expect(second.header.messageID != first.header.messageID)
        #expect(second.header.token == first.header.token)
        #expect(second.message == first.message)
        #expect(second.datagram.destination == Endpoint.group)

        var server = Endpoint()
        for sent in [first, second] {
            #expect(server.receive(sent.datagram.bytes, to: Endpoint.group.address).requests.count == 1)
        }
    }

    @Test(.requirement("COAP-0100", "COAP-0101"))
    func aRepeatWithTheSameMessageIDHasTheSameBytesAndReachesThoseWhoMissedIt() throws {
        var client = try Endpoint.hurried()
        let (id, first) = try client.send(groupGet)
        _ = client.advance(by: .seconds(5))
        let second = try #require(try client.sendAgain(id, newMessageID: false).sent.first)
        #expect(second == first)
        var server = Endpoint()
        #expect(server.receive(first.datagram.bytes, to: Endpoint.group.address).requests.count == 1)
        #expect(server.receive(second.datagram.bytes, to: Endpoint.group.address).isEmpty)
        // Both are the same exchange, and both may still be answered.
        let response = client.receive(datagram(.nonConfirmable, .content, id: 1, token: first.header.token))
        #expect(response.responses.count == 1)

        // 102 s after the first transmission the Message ID may come up for use before NON_LIFETIME is over.
        _ = client.advance(by: .seconds(97))
        #expect(try client.sendAgain(id, newMessageID: false).sent == [first])
        _ = client.advance(by: .seconds(1))
        #expect(throws: SendError.tooLateToRepeat) { try client.sendAgain(id, newMessageID: false) }
        #expect(try client.sendAgain(id, newMessageID: true).isEmpty)
    }

    @Test(.requirement("COAP-0102"), arguments: [true, false])
    func aRepeatToAGroupWaitsUntilMembersHadTimeToAnswer(newMessageID: Bool) throws {
        // Neither NSTART nor PROBING_RATE would hold it back.
        var client = try Endpoint.hurried()
        let (id, _) = try client.send(groupGet)
        _ = client.advance(by: .seconds(1))
        #expect(try client.sendAgain(id, newMessageID: newMessageID).isEmpty)
        #expect(client.layer.isQueued(id))
        // A further wish while one waits changes nothing.
        #expect(try client.sendAgain(id, newMessageID: newMessageID).isEmpty)
        let events = client.advance(by: .seconds(60))
        #expect(events.map(\.at) == [.seconds(4), .seconds(4)])
        #expect(events.first?.effect == .begun(id))
    }

    @Test(.requirement("COAP-0256", "COAP-0258"))
    func repeatsAreHeldBackLikeOtherRequests() throws {
        var client = Endpoint()
        let (id, _) = try client.send(groupGet)
        #expect(try client.sendAgain(id, newMessageID: true).isEmpty)
        // 15 bytes to a group that is silent.
        #expect(client.advance(by: .seconds(60)).first?.at == .seconds(15))
        client.layer.end(id, at: client.now)
        #expect(throws: SendError.unknownExchange) { try client.sendAgain(id, newMessageID: true) }
    }

    @Test func aRepeatThatWaitsTooLongDoesNotLeave() throws {
        var client = Endpoint()
        let (id, _) = try client.send(
            get(
                to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses,
                payload: Array(repeating: 1, count: 200)))
        #expect(try client.sendAgain(id, newMessageID: false).isEmpty)
        #expect(client.advance(by: .seconds(1_000)).isEmpty)
        #expect(client.layer.load.queuedRequests == 0)
        #expect(!client.layer.isQueued(id))
    }

    @Test func confirmableRequestsRepeatThemselves() throws {
        var client = Endpoint()
        let (id, _) = try client.send(get())
        #expect(throws: SendError.repeatedByItself) { try client.sendAgain(id, newMessageID: true) }
    }

    @Test(.requirement("COAP-0154"))
    func aFollowUpToOneMemberHasTheTokenAndANewMessageID() throws {
        var client = Endpoint()
        let (id, first) = try client.send(groupGet)
        let token = first.header.token
        client.receive(datagram(.nonConfirmable, .content, id: 1, token: token), from: Endpoint.other)
        let sent = try #require(try client.send(get(to: Endpoint.other), continuing: id).sent.first)
        #expect(sent.header.type == .confirmable)
        #expect(sent.header.token == token)
        #expect(sent.header.messageID != first.header.messageID)
        #expect(sent.datagram.destination == Endpoint.other)
        // Only that member can acknowledge it.
        let answer = datagram(.acknowledgement, .content, id: sent.header.messageID.rawValue, token: token)
        #expect(client.receive(answer, from: Endpoint.peer).isEmpty)
        #expect(client.receive(answer, from: Endpoint.other).responses.count == 1)
        #expect(client.layer.load.transmissions == 0)
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 2, token: token)).responses.count == 1)
        // What the group is asked again is the request to the group.
        _ = client.advance(by: .seconds(5))
        #expect(try client.sendAgain(id, newMessageID: false).sent == [first])
    }

    @Test func aFollowUpThatFailsLeavesTheExchangeWithTheGroupOpen() throws {
        var client = Endpoint()
        let (id, first) = try client.send(groupGet)
        let reset = try #require(try client.send(get(to: Endpoint.other), continuing: id).sent.first)
        #expect(
            client.receive(datagram(.reset, .empty, id: reset.header.messageID.rawValue), from: Endpoint.other).isEmpty)
        #expect(client.layer.load.transmissions == 0)
        #expect(try client.send(get(to: Endpoint.peer), continuing: id).sent.count == 1)
        #expect(client.advance(by: .seconds(400)).map(\.effect).failures.isEmpty)
        #expect(client.layer.load.transmissions == 0)
        let response = client.receive(datagram(.nonConfirmable, .content, id: 1, token: first.header.token))
        #expect(response.responses.count == 1)
    }

    @Test func anObservationOfOneServerIsRenewedAndItsFailureIsTold() throws {
        var client = Endpoint()
        let (id, first) = try client.send(get(expects: .manyResponses))
        let token = first.header.token
        client.receive(datagram(.acknowledgement, .content, id: first.header.messageID.rawValue, token: token))
        let second = try #require(try client.send(get(), continuing: id).sent.first)
        #expect(second.header.token == token)
        // A reset of the first, which was answered long ago, means nothing.
        #expect(client.receive(datagram(.reset, .empty, id: first.header.messageID.rawValue)).isEmpty)
        #expect(client.advance(by: .seconds(400)).map(\.effect).failures == [.timeout])
        #expect(client.layer.load.exchanges == 0)
        #expect(throws: SendError.unknownExchange) { try client.send(get(), continuing: id) }
    }

    @Test func aFollowUpGoesNowhereElse() throws {
        var client = Endpoint()
        let (one, _) = try client.send(get(expects: .manyResponses))
        #expect(throws: SendError.otherDestination) { try client.send(get(to: Endpoint.other), continuing: one) }
        let (group, _) = try client.send(groupGet)
        var elsewhere = groupGet
        elsewhere.destination.port += 1
        #expect(throws: SendError.otherDestination) { try client.send(elsewhere, continuing: group) }
        #expect(throws: SendError.confirmableToGroup) { try client.send(get(to: Endpoint.group), continuing: group) }
        #expect(throws: SendError.notARequest) {
            try client.send(
                OutgoingRequest(message: Message(code: .content), destination: Endpoint.other), continuing: group)
        }
    }

    @Test func anObservationThatIsRenewedForYearsKeepsLittle() throws {
        var client = Endpoint()
        let (id, first) = try client.send(get(expects: .manyResponses))
        var last = first
        for _ in 0..<1_000 {
            client.receive(
                datagram(.acknowledgement, .content, id: last.header.messageID.rawValue, token: first.header.token))
            _ = client.advance(by: .seconds(3600))
            last = try #require(try client.send(get(), continuing: id).sent.first)
        }
        client.receive(
            datagram(.acknowledgement, .content, id: last.header.messageID.rawValue, token: first.header.token))
        #expect(client.layer.load.timers == 0)
        #expect(client.layer.load.transmissions == 0)
        client.layer.end(id, at: client.now)
        #expect(client.layer.load.exchanges == 0)
    }

    @Test(.requirement("COAP-0188", "COAP-0095"))
    func whoWantsNoResponseEndsTheExchangeAtOnceAndTheTokenRests() throws {
        var client = try Endpoint.hurried()
        var tokens: Set<Token> = []
        for _ in 0..<100 {
            let (id, sent) = try client.send(groupGet)
            client.layer.end(id, at: client.now)
            #expect(tokens.insert(sent.header.token).inserted)
        }
        #expect(client.layer.load.exchanges == 0)
        #expect(client.layer.load.restingTokens == 100)
        #expect(client.layer.load.timers == 0)
    }
}
