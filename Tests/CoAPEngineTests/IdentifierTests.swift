import Bytes
import CoAP
import TestSupport
import Testing

@testable import CoAPEngine

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

    /// Takes a non-confirmable request and answers it.
    private func answer(_ server: inout Endpoint, _ source: SocketAddress, round: Int) -> MessageID? {
        let bytes = datagram(.nonConfirmable, .get, id: UInt16(truncatingIfNeeded: round), token: Token(UInt64(round)))
        guard let request = server.receive(bytes, from: source).requests.first else { return nil }
        return server.respond(to: request.handle, Message(code: .content)).sent.first?.header.messageID
    }

    /// One peer asks 55 times a second after a burst, the other without end.
    @Test(.requirement("COAP-0052"))
    func eachPeerHasMessageIDsOfItsOwnAndNoneTwiceWithinTheirLifetime() throws {
        var allocator = MessageIDAllocator(lifetime: .seconds(247), maximumPeers: 4)
        var random = SeededGenerator(seed: 1)
        var now = MonotonicInstant(nanoseconds: 0)
        var lastUse: [SocketAddress: [MessageID: MonotonicInstant]] = [:]
        var answers: [SocketAddress: Int] = [:]
        func take(_ peer: SocketAddress) throws {
            guard let id = allocator.nextForAnswer(to: peer, at: now, random: &random) else { return }
            answers[peer, default: 0] += 1
            if let last = lastUse[peer, default: [:]].updateValue(now, forKey: id) {
                try #require(last.duration(to: now) >= .seconds(247))
            }
        }
        for _ in 0..<20_000 { try take(Endpoint.peer) }
        #expect(answers[Endpoint.peer] == 16_384)
        for _ in 0..<40_000 {
            now = now.advanced(by: .microseconds(18_182))
            try take(Endpoint.other)
            for _ in 0..<3 { try take(Endpoint.peer) }
        }
        #expect(answers[Endpoint.other] == 40_000)
        #expect(try #require(answers[Endpoint.peer]) > 16_384 * 2)
        // Requests of our own have other numbers.
        let answered = Set(lastUse.values.flatMap(\.keys))
        #expect(answered.count == 16_384)
        let own = Set((0..<32_768).compactMap { _ in allocator.nextForRequest(at: now, random: &random) })
        #expect(own.count == 32_768)
        #expect(own.isDisjoint(with: answered))
        #expect(allocator.nextForRequest(at: now, random: &random) == nil)
    }

    @Test(.requirement("COAP-0052"))
    func aFloodOfInventedSourcesSilencesNeitherKnownPeersNorOurOwnRequests() throws {
        var limits = MessageLayerLimits()
        limits.numberedPeers = 100
        var server = Endpoint(limits: limits)
        #expect(answer(&server, Endpoint.peer, round: 0) != nil)
        var answered = 0
        for round in 0..<20_000 {
            let invented = SocketAddress(Endpoint.other.address, port: UInt16(round + 1))
            if answer(&server, invented, round: round) != nil { answered += 1 }
        }
        #expect(answered == 99 + 16_384)
        #expect(server.layer.load.numberedPeers == 100)
        #expect(answer(&server, Endpoint.peer, round: 1) != nil)
        #expect(try server.ask(get()).effects.sent.count == 1)
        // Those who were not heard of for EXCHANGE_LIFETIME make room.
        _ = server.advance(by: .seconds(247))
        #expect(answer(&server, Endpoint.other, round: 2) != nil)
        #expect(server.layer.load.numberedPeers == 1)
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
