import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct ServerExchangeTests {
    private let answer = Message(code: .content, payload: Array("on".utf8))

    @Test(
        .requirement("COAP-0043", "COAP-0055", "COAP-0066", "COAP-0057"),
        arguments: [[], [0x2a], [1, 2, 3, 4, 5, 6, 7, 8]])
    func aDuplicateGetsTheIdenticalAnswerAndIsProcessedOnce(token: [UInt8]) throws {
        var server = Endpoint()
        let token = try #require(Token(token))
        let request = datagram(.confirmable, .post, id: 0x1234, token: token)
        let handle = try #require(server.receive(request).requests.first?.handle)
        #expect(server.receive(request).isEmpty)
        let first = server.respond(to: handle, answer)
        #expect(first.sent.map(\.header) == [header(.acknowledgement, .content, 0x1234, token)])
        #expect(first.sent.first?.datagram.destination == Endpoint.peer)
        #expect(first.sent.first?.datagram.source == Endpoint.home)
        #expect(server.receive(request) == first)
        #expect(server.layer.counters.duplicates == 2)
        #expect(server.layer.counters.duplicatesAnswered == 1)
        // The same Message ID from another endpoint or after EXCHANGE_LIFETIME is another message.
        #expect(server.receive(request, from: Endpoint.other).requests.count == 1)
        _ = server.advance(by: .seconds(246))
        #expect(server.receive(request) == first)
        _ = server.advance(by: .seconds(2))
        #expect(server.receive(request).requests.count == 1)
    }

    @Test(.requirement("COAP-0056", "COAP-0046", "COAP-0060"))
    func aNonConfirmableRequestIsAnsweredOnceByANonConfirmableMessage() throws {
        var server = Endpoint()
        let request = datagram(.nonConfirmable, .get, id: 2, token: Token(5))
        let handle = try #require(server.receive(request).requests.first?.handle)
        let sent = server.respond(to: handle, answer).sent
        #expect(sent.map(\.header.type) == [.nonConfirmable])
        #expect(sent.map(\.header.token) == [Token(5)])
        #expect(server.receive(request).isEmpty)
        _ = server.advance(by: .seconds(146))
        #expect(server.receive(request).requests.count == 1)
    }

    /// A challenge before a large answer is made without any delay: it must not come separately, for a forged source would
    /// get every retransmission of it.
    @Test(.requirement("ECHO-0013"), arguments: [MessageType.confirmable, .nonConfirmable])
    func aChallengeAtOnceIsNeverSeparate(type: MessageType) throws {
        var server = Endpoint()
        var challenge = Message(code: .unauthorized)
        challenge.options.append(.echo, [1, 2, 3, 4])
        let handle = try #require(server.receive(datagram(type, .get, id: 9, token: Token(5))).requests.first?.handle)
        let sent = server.respond(to: handle, challenge).sent
        let expected: MessageType = type == .confirmable ? .acknowledgement : .nonConfirmable
        #expect(sent.map(\.header.type) == [expected])
        // And it is not sent again by itself.
        #expect(server.advance(by: .seconds(100)).map(\.effect).sent.isEmpty)
    }

    @Test(.requirement("COAP-0059"))
    func aSlowAnswerIsAcknowledgedFirstAndThenSentUntilAcknowledged() throws {
        var server = Endpoint()
        let request = datagram(.confirmable, .get, id: 3, token: Token(6))
        let handle = try #require(server.receive(request).requests.first?.handle)
        let events = server.advance(by: .seconds(3))
        #expect(events.map(\.effect).sent.map(\.header) == [header(.acknowledgement, .empty, 3)])
        #expect(try #require(events.first).at <= .seconds(2))
        #expect(server.receive(request) == events.map(\.effect))
        let sent = try #require(server.respond(to: handle, answer).sent.first)
        #expect(sent.header.type == .confirmable)
        #expect(sent.header.token == Token(6))
        #expect(server.receive(request) == events.map(\.effect))
        let again = server.advance(by: .seconds(4))
        #expect(again.map(\.effect).sent == [sent])
        server.receive(datagram(.acknowledgement, .empty, id: sent.header.messageID.rawValue))
        #expect(server.advance(by: .seconds(400)).isEmpty)
        #expect(server.layer.load.transmissions == 0)
    }

    @Test func separateResponsesBeyondTheLimitAreSentOnce() throws {
        var limits = MessageLayerLimits()
        limits.pendingRequests = 2
        limits.exchanges = 1
        var server = Endpoint(limits: limits)
        var types: [MessageType] = []
        for id in 0..<6 as Range<UInt16> {
            let handle = try #require(server.receive(datagram(.confirmable, .get, id: id)).requests.first?.handle)
            _ = server.advance(by: .milliseconds(1_100))
            types += server.respond(to: handle, answer).sent.map(\.header.type)
        }
        #expect(types == [.confirmable, .confirmable, .confirmable, .nonConfirmable, .nonConfirmable, .nonConfirmable])
        #expect(server.layer.load.transmissions == 3)
    }

    @Test func aResetStopsASeparateResponse() throws {
        var server = Endpoint()
        let handle = try #require(server.receive(datagram(.confirmable, .get, id: 3)).requests.first?.handle)
        _ = server.advance(by: .seconds(2))
        let sent = try #require(server.respond(to: handle, answer).sent.first)
        #expect(server.receive(datagram(.reset, .empty, id: sent.header.messageID.rawValue)).isEmpty)
        #expect(server.layer.counters.resetsReceived == 1)
        #expect(server.advance(by: .seconds(400)).isEmpty)
    }

    @Test(.requirement("COAP-0184"))
    func silenceStillAcknowledgesAConfirmableRequest() throws {
        var server = Endpoint()
        let confirmable = try #require(server.receive(datagram(.confirmable, .put, id: 1)).requests.first?.handle)
        var effects: [MessageLayerEffect] = []
        server.layer.stayingSilent(to: confirmable, effects: &effects)
        #expect(effects.sent.map(\.header) == [header(.acknowledgement, .empty, 1)])
        #expect(server.receive(datagram(.confirmable, .put, id: 1)) == effects)
        let non = try #require(server.receive(datagram(.nonConfirmable, .put, id: 2)).requests.first?.handle)
        effects = []
        server.layer.stayingSilent(to: non, effects: &effects)
        #expect(effects.isEmpty)
        #expect(server.advance(by: .seconds(400)).isEmpty)
        #expect(server.layer.load.pendingRequests == 0)
    }

    @Test func rejectionResetsAConfirmableRequestAndItsDuplicates() throws {
        var server = Endpoint()
        let request = datagram(.confirmable, .put, id: 1)
        let handle = try #require(server.receive(request).requests.first?.handle)
        var effects: [MessageLayerEffect] = []
        server.layer.reject(handle, effects: &effects)
        #expect(effects.sent.map(\.header) == [header(.reset, .empty, 1)])
        #expect(server.receive(request) == effects)
    }

    @Test(
        .requirement("COAP-0004", "COAP-0009", "COAP-0010", "COAP-0012", "COAP-0013", "COAP-0045", "COAP-0063"),
        arguments: [
            "4001abcdff", "4901abcd" + "000102030405060708", "4001abcdf100", "4001abcd1f00", "4001abcdb36162",
            "4000abcdff", "4100abcdaa", "4020abcd", "40c0abcd", "40e1abcd", "4000abcd",
        ])
    func confirmableNonsenseIsResetAndAllOtherNonsenseMeetsSilence(hex: String) throws {
        var server = Endpoint()
        let bytes = try #require(Hex.decode(hex))
        #expect(server.receive(bytes).sent.map(\.header) == [header(.reset, .empty, 0xabcd)])
        for type in [MessageType.nonConfirmable, .acknowledgement, .reset] {
            let other = [0x40 | type.rawValue << 4 | bytes[0] & 0x0f] + bytes.dropFirst()
            #expect(server.receive(other).isEmpty)
        }
        for type in MessageType.allCases {
            let other = [0x40 | type.rawValue << 4 | bytes[0] & 0x0f] + bytes.dropFirst()
            #expect(server.receive(other, to: Endpoint.group.address).isEmpty)
        }
        #expect(server.layer.load == MessageLayer().load)
    }

    @Test(
        .requirement("COAP-0002", "COAP-0044"),
        arguments: ["80010001", "00010001", "60010001", "70010001", "70450001", "4001", ""])
    func strangeDatagramsMeetSilence(hex: String) {
        var server = Endpoint()
        #expect(server.receive(hex: hex).isEmpty)
        #expect(server.layer.counters.malformed == 1)
    }

    @Test(.requirement("COAP-0018", "COAP-0057"), arguments: [1, 2])
    func memoryStaysBoundedUnderRandomDatagrams(seed: UInt64) throws {
        var limits = MessageLayerLimits()
        limits.pendingRequests = 50
        limits.rememberedMessages = 200
        limits.rememberedAnswerBytes = 4_000
        limits.exchanges = 20
        var server = Endpoint(limits: limits)
        server.random = SeededGenerator(seed: seed)
        var random = SeededGenerator(seed: seed &+ 100)
        var answered = 0
        for round in 0..<100_000 {
            var bytes = (0..<Int.random(in: 0...24, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if bytes.count >= 4, Bool.random(using: &random) {
                bytes = datagram(
                    MessageType.allCases.randomElement(using: &random) ?? .confirmable,
                    Code(rawValue: .random(in: 0...8, using: &random)), id: .random(in: 0...65535, using: &random))
            }
            let source = SocketAddress(
                IPv6Address(high: 0x2001 << 48, low: .random(in: 0...500, using: &random)), port: 5683)
            let destination = round.isMultiple(of: 5) ? Endpoint.group.address : Endpoint.home
            for request in server.receive(bytes, from: source, to: destination).requests
            where Bool.random(using: &random) {
                answered += server.respond(to: request.handle, Message(code: .content, payload: bytes)).isEmpty ? 0 : 1
            }
            if round.isMultiple(of: 10) { _ = server.advance(by: .milliseconds(500)) }
            let load = server.layer.load
            try #require(load.pendingRequests <= 50 && load.rememberedMessages <= 200, "seed \(seed)")
            try #require(load.rememberedAnswerBytes <= 4_000 && load.exchanges == 0, "seed \(seed)")
            try #require(load.timers <= 2 * load.pendingRequests + load.transmissions, "seed \(seed)")
        }
        #expect(answered > 1_000)
        #expect(server.layer.counters.overload > 0)
        #expect(server.layer.counters.received == 100_000)
    }
}
