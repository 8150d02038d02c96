import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct GroupExchangeTests {
    private let groupGet = get(to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses)

    @Test(.requirement("COAP-0081", "COAP-0082", "COAP-0097"))
    func manyResponsesFromManyMembersAreDeliveredUntilTheEnd() throws {
        var client = Endpoint()
        let (id, sent) = try client.send(groupGet)
        #expect(sent.header.type == .nonConfirmable)
        let token = sent.header.token
        let one = SocketAddress(Endpoint.other.address, port: 61616)
        var effects = client.receive(datagram(.nonConfirmable, .content, id: 1, token: token), from: one)
        effects += client.receive(datagram(.nonConfirmable, .content, id: 2, token: token), from: one)
        effects += client.receive(datagram(.confirmable, .content, id: 1, token: token), from: Endpoint.other)
        effects += client.receive(datagram(.nonConfirmable, .notFound, id: 1, token: token), from: Endpoint.peer)
        #expect(effects.responses.map(\.path.source) == [one, one, Endpoint.other, Endpoint.peer])
        #expect(effects.responses.map(\.code) == [.content, .content, .content, .notFound])
        #expect(effects.sent.map(\.header.type) == [.acknowledgement])
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 2, token: token), from: one).isEmpty)
        #expect(client.advance(by: .seconds(1_000)).isEmpty)

        client.layer.end(id, at: client.now)
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 9, token: token), from: one).isEmpty)
        let late = client.receive(datagram(.confirmable, .content, id: 10, token: token), from: one)
        #expect(late.sent.map(\.header.type) == [.reset])
        #expect(client.layer.counters.lateGroupResponses == 2)
    }

    @Test(.requirement("COAP-0098"))
    func theCollectionWindowIsAnArgument() throws {
        var client = Endpoint()
        var request = groupGet
        request.timeout = .seconds(10)
        let (id, sent) = try client.send(request)
        _ = client.advance(by: .seconds(9))
        #expect(
            client.receive(datagram(.nonConfirmable, .content, id: 1, token: sent.header.token)).responses.count == 1)
        #expect(client.advance(by: .seconds(1)).map(\.effect) == [.failed(id, .timeout)])
        #expect(client.receive(datagram(.nonConfirmable, .content, id: 2, token: sent.header.token)).isEmpty)
    }

    @Test func oneMemberCannotResetTheExchangeWithAllOfThem() throws {
        var client = Endpoint()
        let (_, sent) = try client.send(groupGet)
        #expect(client.receive(datagram(.reset, .empty, id: sent.header.messageID.rawValue)).isEmpty)
        #expect(
            client.receive(datagram(.nonConfirmable, .content, id: 1, token: sent.header.token)).responses.count == 1)
    }

    @Test(.requirement("COAP-0087", "COAP-0088"))
    func aGroupGetsNonConfirmableRequestsAndNothingElse() throws {
        var server = Endpoint()
        for type in MessageType.allCases {
            for code in [Code.empty, .get, .content, Code(rawValue: 0x20)] where type != .nonConfirmable || code != .get
            {
                #expect(server.receive(datagram(type, code, id: 1), to: Endpoint.group.address).isEmpty)
            }
        }
        #expect(server.layer.load == MessageLayer().load)
        #expect(server.receive(datagram(.nonConfirmable, .get, id: 1), to: Endpoint.group.address).requests.count == 1)
    }

    @Test(.requirement("COAP-0084", "COAP-0086", "COAP-0091", "COAP-0058"))
    func aHeldBackAnswerLeavesLaterByUnicastFromAnAddressThatTheKernelChooses() throws {
        var server = Endpoint()
        let request = datagram(.nonConfirmable, .get, id: 7, token: Token(1))
        let incoming = try #require(server.receive(request, to: Endpoint.group.address).requests.first)
        #expect(incoming.path.isMulticast)
        #expect(server.respond(to: incoming.handle, Message(code: .content), after: .seconds(3)).isEmpty)
        #expect(server.receive(request, to: Endpoint.group.address).isEmpty)
        let events = server.advance(by: .seconds(10))
        #expect(events.map(\.at) == [.seconds(3)])
        let sent = try #require(events.map(\.effect).sent.first)
        #expect(sent.header.type == .nonConfirmable)
        #expect(sent.header.token == Token(1))
        #expect(sent.datagram.destination == Endpoint.peer)
        #expect(sent.datagram.source == nil)
        #expect(server.receive(request, to: Endpoint.group.address).isEmpty)
        // The same Message ID to the address of the server alone is another message.
        #expect(server.receive(datagram(.confirmable, .get, id: 7)).requests.count == 1)
    }

    @Test(.requirement("COAP-0085"))
    func aLinkLocalClientIsAnsweredOnTheInterfaceOfArrival() throws {
        var server = Endpoint()
        let source = SocketAddress(IPv6Address(high: 0xfe80 << 48, low: 9), port: 1000)
        var effects: [MessageLayerEffect] = []
        server.layer.receive(
            datagram(.nonConfirmable, .get, id: 1).span,
            from: DatagramPath(source: source, destination: Endpoint.group.address, interface: InterfaceIndex(4)),
            at: server.now, random: &server.random, effects: &effects)
        let handle = try #require(effects.requests.first?.handle)
        let sent = try #require(server.respond(to: handle, Message(code: .content)).sent.first)
        #expect(sent.datagram.destination == SocketAddress(source.address, port: 1000, interface: InterfaceIndex(4)))
    }

    @Test func silenceToAGroupRequestSendsNothing() throws {
        var server = Endpoint()
        let request = server.receive(datagram(.nonConfirmable, .get, id: 1), to: Endpoint.group.address).requests.first
        var effects: [MessageLayerEffect] = []
        server.layer.stayingSilent(to: try #require(request).handle, effects: &effects)
        #expect(effects.isEmpty)
        #expect(server.advance(by: .seconds(400)).isEmpty)
    }

    @Test func anUnansweredRequestIsForgottenInTheEnd() throws {
        var server = Endpoint()
        let request = try #require(server.receive(datagram(.nonConfirmable, .get, id: 1)).requests.first)
        #expect(server.advance(by: .seconds(248)).isEmpty)
        #expect(server.layer.load.pendingRequests == 0)
        #expect(server.respond(to: request.handle, Message(code: .content)).isEmpty)
        #expect(server.layer.counters.answersTooLate == 1)
    }
}
