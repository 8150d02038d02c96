import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Draws the same number for ever.
struct StuckGenerator: RandomNumberGenerator {
    func next() -> UInt64 { 0 }
}

struct IdentifierTests {
    private let groupGet = get(to: Endpoint.group, reliability: .nonConfirmable, expects: .manyResponses)

    @Test(.requirement("COAP-0067", "COAP-0068", "COAP-0095", "COAP-0096"))
    func noTokenIsUsedTwiceEvenIfRandomnessIsStuck() throws {
        var layer = try Endpoint.hurried().layer
        var random = StuckGenerator()
        var tokens: Set<Token> = []
        var now = MonotonicInstant(nanoseconds: 0)
        for _ in 0..<30_000 {
            var effects: [MessageLayerEffect] = []
            let id = try layer.send(groupGet, at: now, random: &random, effects: &effects)
            let token = try #require(layer.token(of: id))
            #expect(token.count == 8)
            #expect(tokens.insert(token).inserted)
            layer.end(id, at: now)
            now = now.advanced(by: .milliseconds(1))
        }
    }

    @Test(.requirement("COAP-0095", "COAP-0157"))
    func tokensOfGroupRequestsRestForTheTimeThatTheirMembersMayTake() throws {
        var client = try Endpoint.hurried()
        let (id, _) = try client.send(groupGet)
        client.layer.end(id, at: client.now)
        #expect(client.layer.load.restingTokens == 1)
        _ = client.advance(by: .seconds(499))
        let (second, _) = try client.send(groupGet)
        client.layer.end(second, at: client.now)
        #expect(client.layer.load.restingTokens == 2)
        _ = client.advance(by: .seconds(1))
        let (third, _) = try client.send(groupGet)
        client.layer.end(third, at: client.now)
        #expect(client.layer.load.restingTokens == 2)
        let (unicast, _) = try client.send(get())
        client.layer.end(unicast, at: client.now)
        #expect(client.layer.load.restingTokens == 2)
    }

    @Test func restingTokensAreBounded() throws {
        var limits = MessageLayerLimits()
        limits.restingTokens = 10
        var client = try Endpoint.hurried(limits: limits)
        for _ in 0..<100 {
            let (id, _) = try client.send(groupGet)
            client.layer.end(id, at: client.now)
        }
        #expect(client.layer.load.restingTokens == 10)
    }

    @Test(.requirement("COAP-0052", "COAP-0054"))
    func noMessageIDIsUsedTwiceWithinItsLifetime() throws {
        var client = try Endpoint.hurried()
        var lastUse: [MessageID: MonotonicInstant] = [:]
        var refusals = 0
        for round in 0..<140_000 {
            client.now = client.now.advanced(by: .milliseconds(3))
            let destination = round.isMultiple(of: 2) ? Endpoint.group : Endpoint.peer
            do {
                let (id, sent) = try client.send(get(to: destination, reliability: .nonConfirmable))
                let last = lastUse.updateValue(client.now, forKey: sent.header.messageID)
                if let last { try #require(last.duration(to: client.now) >= .seconds(247)) }
                client.layer.end(id, at: client.now)
            } catch SendError.messageIDsExhausted {
                refusals += 1
            }
        }
        // 140000 attempts in 420 s, of which 32768 fit into each 247 s.
        #expect(refusals > 10_000)
        #expect(lastUse.count == 32_768)
    }

    @Test func aFloodThatUsesUpTheMessageIDsOfAnswersDoesNotSilenceOurOwnRequests() throws {
        var endpoint = Endpoint()
        var sent: Set<MessageID> = []
        for round in 0..<40_000 {
            let source = SocketAddress(Endpoint.peer.address, port: UInt16(round % 60_000 + 1))
            let request = try #require(
                endpoint.receive(datagram(.nonConfirmable, .get, id: 1), from: source).requests.first)
            for answer in endpoint.respond(to: request.handle, Message(code: .content)).sent {
                #expect(sent.insert(answer.header.messageID).inserted)
            }
        }
        #expect(endpoint.layer.counters.unsentAnswers == 40_000 - 32_768)
        #expect(!sent.contains(try endpoint.send(get()).sent.header.messageID))
    }

    @Test(.requirement("COAP-0053"))
    func theFirstMessageIDIsRandom() throws {
        var firsts: Set<MessageID> = []
        for seed in 0..<200 as Range<UInt64> {
            var client = Endpoint()
            client.random = SeededGenerator(seed: seed)
            firsts.insert(try client.send(get()).sent.header.messageID)
        }
        #expect(firsts.count > 190)
    }
}
