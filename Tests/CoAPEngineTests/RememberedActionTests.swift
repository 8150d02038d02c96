import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Requests that do something must not do it twice, whoever fills the memory for duplicates.
struct RememberedActionTests {
    private func server(remembering count: Int = 64, answerBytes: Int = 1 << 20) -> Endpoint {
        var limits = MessageLayerLimits()
        limits.rememberedMessages = count
        limits.rememberedAnswerBytes = answerBytes
        limits.pendingRequests = 10_000
        return Endpoint(limits: limits)
    }

    /// In a network of its own.
    private func invented(_ number: Int) -> SocketAddress {
        SocketAddress(IPv6Address(high: 0x2001_0db8_0001_0000 + UInt64(number), low: 1), port: 5683)
    }

    private func post(_ id: UInt16, options: Options = Options()) -> [UInt8] {
        datagram(.confirmable, .post, id: id, token: Token(UInt64(id)), options: options)
    }

    @Test(.requirement("COAP-0055"), arguments: [Code.get, .put, .post])
    func aFloodDoesNotMakeAPostRunTwice(code: Code) throws {
        var server = server()
        #expect(server.receive(post(1)).requests.count == 1)
        for number in 0..<1_000 {
            _ = server.receive(datagram(.confirmable, code, id: 7), from: invented(number))
        }
        #expect(server.receive(post(1)).requests.isEmpty)
        #expect(server.layer.load.rememberedMessages <= 64)
        #expect((server.layer.counters.unrememberable > 0) == (code == .post))
    }

    @Test(.requirement("COAP-0055"))
    func oneStrangerCannotKeepOthersOut() throws {
        var server = server()
        for number in 0..<1_000 as Range<UInt16> {
            // Any address and port of its network.
            let source = SocketAddress(
                IPv6Address(high: Endpoint.other.address.high + 1, low: UInt64(number)), port: number + 1)
            _ = server.receive(post(number), from: source)
        }
        #expect(server.layer.counters.unrememberable == 1_000 - 16)
        #expect(server.receive(post(1)).requests.count == 1)
        // What acts only once anyway goes on even for it.
        #expect(server.receive(datagram(.confirmable, .put, id: 9), from: invented(0)).requests.count == 1)
    }

    @Test(.requirement("COAP-0055"))
    func aFewStrangersLeaveRoomToo() throws {
        var server = server()
        for id in 0..<1_000 as Range<UInt16> {
            for number in 0..<5 { _ = server.receive(post(id), from: invented(number)) }
        }
        #expect(server.receive(post(1)).requests.count == 1)
    }

    @Test(.requirement("COAP-0055"))
    func thereIsRoomAgainAfterTheLifetime() throws {
        var server = server()
        for id in 0..<100 as Range<UInt16> { _ = server.receive(post(id)) }
        #expect(server.receive(post(200)).requests.isEmpty)
        _ = server.advance(by: .seconds(247))
        #expect(server.receive(post(200)).requests.count == 1)
    }

    /// The replay window keeps these from acting twice, and they are most of what a secured server gets.
    @Test func whatIsProtectedIsNeverRefused() throws {
        var server = server()
        var options = Options()
        options.append(.uriHost, [0x61])
        options.append(.oscore, [])
        for id in 0..<1_000 as Range<UInt16> {
            #expect(server.receive(post(id, options: options)).requests.count == 1)
        }
        #expect(server.layer.counters.unrememberable == 0)
    }

    @Test(.requirement("COAP-0055"))
    func answersToActionsDoNotDriveOutAllElse() throws {
        var server = server(answerBytes: 1_000)
        for id in 0..<16 as Range<UInt16> {
            let handle = try #require(server.receive(post(id)).requests.first?.handle)
            _ = server.respond(to: handle, Message(code: .changed, payload: bytes(100)))
        }
        let put = datagram(.confirmable, .put, id: 100)
        let handle = try #require(server.receive(put, from: invented(1)).requests.first?.handle)
        _ = server.respond(to: handle, Message(code: .created, payload: bytes(200)))
        let again = server.receive(put, from: invented(1))
        #expect(again.requests.isEmpty)
        #expect(again.sent.count == 1)
        #expect(server.layer.load.rememberedAnswerBytes <= 1_000)
        // What is left to actions is theirs all the same.
        #expect(server.receive(post(15)).sent.count == 1)
    }

    @Test(.requirement("COAP-0055"))
    func whoseAnswerIsForgottenStillDoesNotRunTwice() throws {
        var server = server(answerBytes: 100)
        let handle = try #require(server.receive(post(1)).requests.first?.handle)
        _ = server.respond(to: handle, Message(code: .changed, payload: bytes(50)))
        #expect(server.receive(post(1)).sent.count == 1)
        let second = try #require(server.receive(post(2)).requests.first?.handle)
        _ = server.respond(to: second, Message(code: .changed, payload: bytes(50)))
        #expect(server.receive(post(1)).isEmpty)
        #expect(server.receive(post(2)).sent.count == 1)
        #expect(server.layer.load.rememberedAnswerBytes <= 100)
    }
}
