import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

struct AnswerRateTests {
    private func server(_ rate: AnswerRate?) -> Endpoint {
        var limits = MessageLayerLimits()
        limits.answerRate = rate
        return Endpoint(limits: limits)
    }

    /// Takes a request and answers it; how many datagrams left.
    private func ask(_ server: inout Endpoint, id: Int, from source: SocketAddress) -> Int {
        let bytes = datagram(.nonConfirmable, .get, id: UInt16(truncatingIfNeeded: id))
        guard let request = server.receive(bytes, from: source).requests.first else { return 0 }
        return server.respond(to: request.handle, Message(code: .content)).sent.count
    }

    @Test(.requirement("COAP-0261"))
    func whoAsksTooOftenIsAnsweredAtTheRateAndOthersAlways() {
        var server = server(AnswerRate(perSecond: 10, burst: 20))
        var (greedy, modest) = (0, 0)
        for round in 0..<10_000 {
            server.now = server.now.advanced(by: .milliseconds(1))
            greedy += ask(&server, id: round, from: Endpoint.peer)
            if round.isMultiple(of: 1_000) { modest += ask(&server, id: round, from: Endpoint.other) }
        }
        #expect((115...120).contains(greedy))
        #expect(modest == 10)
        #expect(server.layer.counters.rateLimited == 10_000 - UInt64(greedy))
    }

    @Test(.requirement("COAP-0261"))
    func duplicatesPingsAndNonsenseCount() throws {
        var server = server(AnswerRate(perSecond: 1, burst: 8))
        let request = datagram(.confirmable, .get, id: 1)
        let handle = try #require(server.receive(request).requests.first?.handle)
        #expect(server.respond(to: handle, Message(code: .content)).sent.count == 1)
        var answers = 1
        for round in 0..<50 {
            answers += server.receive(request).count
            answers += server.receive(datagram(.confirmable, .empty, id: UInt16(round))).count
            answers += server.receive(hex: "40010009ff").count
        }
        #expect(answers == 8)
    }

    @Test(.requirement("COAP-0261", "COAP-0057"))
    func inventedSourcesDoNotMakeABusyPeerForgotten() {
        var server = server(AnswerRate(perSecond: 1, burst: 5))
        var answers = 0
        for round in 0..<30_000 {
            let invented = SocketAddress(IPv6Address(high: 0x2001 << 48, low: UInt64(round)), port: 5683)
            _ = ask(&server, id: round, from: invented)
            answers += ask(&server, id: round, from: Endpoint.peer)
        }
        #expect(answers == 5)
    }

    @Test func withoutARateEverybodyIsAnswered() {
        var server = server(nil)
        let answers = (0..<1_000).map { ask(&server, id: $0, from: Endpoint.peer) }
        #expect(answers.allSatisfy { $0 == 1 })
        #expect(AnswerRate(perSecond: 0, burst: -1) == AnswerRate(perSecond: 1, burst: 1))
    }

    @Test func theLengthOfTheDatagramIsHandedUp() throws {
        var server = server(nil)
        let bytes = datagram(.nonConfirmable, .get, id: 1, token: Token(1), payload: [1, 2, 3])
        #expect(try #require(server.receive(bytes).requests.first).byteCount == bytes.count)
    }
}
