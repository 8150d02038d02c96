import Bytes
import CoAP
import CoAPEngine
import TestSupport
import Testing

/// Observations of one server (RFC 7641).
struct ClientObserveTests {
    private let observe = ClientRequest(.request { $0.observe = 0 }, to: ClientHarness.server)

    private func notification(
        _ number: UInt32, _ payload: [UInt8] = [], maxAge: UInt32? = nil, eTag: [UInt8]? = nil
    ) -> Message {
        .response(payload: payload) {
            $0.observe = number
            $0.maxAge = maxAge
            $0.eTag = eTag
        }
    }

    @Test(.requirement("COAP-0142"))
    func onlyNewerNotificationsAreDelivered() throws {
        let half: UInt32 = 1 << 23
        let cases: [(UInt32, UInt32, Duration, Bool)] = [
            (1, 2, .zero, true), (2, 1, .zero, false), (2, 2, .zero, false), (0xff_fff0, 5, .zero, true),
            (5, 0xff_fff0, .zero, false), (0, half - 1, .zero, true), (0, half, .zero, false),
            (half, 0, .zero, false), (half + 1, 0, .zero, true), (2, 1, .seconds(128), false),
            (2, 1, .seconds(129), true), (2, 2, .seconds(129), true),
        ]
        for (first, second, wait, isNewer) in cases {
            var harness = ClientHarness()
            try harness.start(observe)
            let exchange = harness.last
            harness.answer(notification(first, [1], maxAge: 1000), to: exchange)
            harness.advance(by: wait)
            harness.answer(notification(second, [2], maxAge: 1000), to: exchange)
            #expect(harness.bodies == (isNewer ? [[1], [2]] : [[1]]), "\(first), \(second) after \(wait)")
            #expect(harness.client.counters.staleNotifications == (isNewer ? 0 : 1))
        }
    }

    /// The protection orders them; the first may have no number, which reads as 0, and the second 0 (RFC 8613 §7.4.1).
    @Test(.requirement("OSC-0074"))
    func aProtectedNotificationWithTheNumberOfTheFirstIsNewer() throws {
        let peer = PeerIdentity.association([1])
        var harness = ClientHarness()
        var request = observe
        request.peer = peer
        try harness.start(request)
        let exchange = harness.last
        for (number, payload) in [(0, 1), (0, 2), (1, 3)] {
            harness.answer(notification(UInt32(number), [UInt8(payload)]), to: exchange, peer: peer)
        }
        #expect(harness.bodies == [[1], [2], [3]])
    }

    @Test(.requirement("COAP-0156"))
    func anObservationOutlivesTheDeadlineOnceItIsAccepted() throws {
        var harness = ClientHarness()
        let id = try harness.start(observe)
        #expect(harness.last.transmission.expects == .manyResponses)
        #expect(harness.last.transmission.timeout == nil)
        let exchange = harness.last
        harness.answer(notification(1, maxAge: 100_000), to: exchange)
        harness.advance(by: .seconds(50_000))
        harness.answer(notification(2, [7]), to: exchange)
        #expect(harness.bodies == [[], [7]])
        #expect(harness.ends.isEmpty)
        let refused = try harness.start(observe)
        harness.advance(by: .seconds(600))
        #expect(harness.ends == [refused: .deadline])
        #expect(harness.ends[id] == nil)
    }

    @Test
    func aServerThatDoesNotAcceptAnswersOnce() throws {
        var harness = ClientHarness()
        let id = try harness.start(observe)
        harness.answer(.response(payload: [1]))
        #expect(harness.bodies == [[1]])
        #expect(harness.ends == [id: .complete])
        let long = try harness.start(observe)
        let body = pattern(100)
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message, atMost: .bytes64))
        harness.answer(.block(of: body, eTag: [1], for: harness.last.message))
        #expect(harness.bodies.last == body)
        #expect(harness.ends[long] == .complete)
        #expect(harness.client.load.exchanges == 0)
    }

    @Test
    func anErrorEndsTheObservation() throws {
        for ending in [Message.response(.notFound), .response(payload: [9])] {
            var harness = ClientHarness()
            let id = try harness.start(observe)
            let exchange = harness.last
            harness.answer(notification(1), to: exchange)
            harness.answer(ending, to: exchange)
            #expect(harness.responses.last?.response.message == ending)
            #expect(harness.ends == [id: .complete])
            #expect(harness.ended.last?.exchange == exchange.exchange)
            #expect(harness.client.load.timers == 0)
        }
    }

    @Test(.requirement("COAP-0146", "COAP-0148"))
    func aRegistrationIsRenewedAfterMaxAge() throws {
        var waits: Set<Duration> = []
        for seed in UInt64(0)..<20 {
            var harness = ClientHarness(seed: seed)
            var request = observe
            request.message.options.eTags = [[4]]
            request.reliability = .nonConfirmable
            let id = try harness.start(request)
            #expect(harness.last.options.eTags == [[4]])
            let exchange = harness.last
            harness.advance(by: .seconds(1))
            harness.answer(notification(1, maxAge: 10), to: exchange)
            let next = harness.client.nextDeadline
            let deadline = try #require(next)
            waits.insert(harness.now.duration(to: deadline))
            harness.advance(by: .seconds(15) - .nanoseconds(1))
            #expect(harness.sent.count == 1)
            harness.advance(by: .seconds(10) + .nanoseconds(1))
            #expect(harness.sent.count == 2)
            // The same token and the same request.
            #expect(harness.last.transmission.continuing == exchange.exchange)
            #expect(harness.last.message == exchange.message)
            #expect(harness.last.transmission.destination == ClientHarness.server)
            harness.answer(
                .response(.valid) {
                    $0.observe = 2
                    $0.eTag = [4]
                }, to: exchange)
            #expect(harness.codes == [.content, .valid])
            #expect(harness.ends[id] == nil)
            // If nothing comes back it is tried again.
            harness.advance(by: .seconds(75))
            #expect(harness.sent.count == 3)
            harness.advance(by: .seconds(75))
            #expect(harness.sent.count == 4)
        }
        #expect(waits.count == 20)
        #expect(waits.allSatisfy { $0 >= .seconds(15) && $0 <= .seconds(25) })
    }

    @Test(.requirement("COAP-0147"))
    func cancellingTellsTheServerAndThenRejects() throws {
        var harness = ClientHarness()
        var request = observe
        request.message.options.eTags = [[4]]
        let id = try harness.start(request)
        let exchange = harness.last
        harness.answer(notification(1), to: exchange)
        harness.cancel(id)
        #expect(harness.ends == [id: .cancelled])
        #expect(harness.last.options.observe == 1)
        #expect(harness.last.options.uriPath == ["x"])
        #expect(harness.last.options.eTags.isEmpty)
        #expect(harness.last.transmission.continuing == exchange.exchange)
        #expect(harness.ended.isEmpty)
        // One may have crossed.
        harness.answer(notification(2), to: exchange)
        #expect(harness.responses.count == 1)
        #expect(harness.ended.isEmpty)
        harness.answer(.response(), to: exchange)
        #expect(harness.ended.count == 1)
        #expect(harness.ended.last?.rejects == true)
        #expect(harness.client.load.closingObservations == 0)
        #expect(harness.client.load.timers == 0)
        #expect(harness.surprises == 0)
    }

    @Test(.requirement("COAP-0147"))
    func aCancellationThatNobodyAnswersEndsToo() throws {
        var harness = ClientHarness()
        for ending in 0..<3 {
            let id = try harness.start(observe)
            let exchange = harness.last
            harness.answer(notification(1), to: exchange)
            if ending == 2 { harness.canSend = false }
            harness.cancel(id)
            if ending == 0 { harness.fail(.timeout, exchange) }
            if ending == 1 { harness.advance(by: .seconds(250)) }
            #expect(harness.ended.count == ending + 1)
            #expect(harness.ended.last?.rejects == true)
            #expect(harness.client.load.timers == 0)
        }
    }

    @Test
    func onlySoManyCancellationsAreUnderWay() throws {
        var settings = RequestClientSettings()
        settings.operations = 2
        var harness = ClientHarness(settings: settings)
        for _ in 0..<5 { harness.cancel(try harness.start(observe)) }
        #expect(harness.client.load.closingObservations == 2)
        #expect(harness.ended.count == 3)
    }

    @Test(.requirement("COAP-0192"))
    func aChallengedRegistrationIsRepeatedWithItsToken() throws {
        var harness = ClientHarness()
        let id = try harness.start(observe)
        let exchange = harness.last
        harness.answer(.response(.unauthorized) { $0.echo = [1] })
        #expect(harness.last.options.echo == [1])
        #expect(harness.last.options.observe == 0)
        #expect(harness.last.transmission.continuing == exchange.exchange)
        harness.answer(notification(1, [3]), to: exchange)
        #expect(harness.bodies == [[3]])
        // One a registration; what comes twice is the answer.
        harness.answer(.response(.unauthorized) { $0.echo = [2] }, to: exchange)
        harness.answer(.response(.unauthorized) { $0.echo = [3] }, to: exchange)
        #expect(harness.sent.count == 3)
        #expect(harness.ends == [id: .complete])
    }

    @Test(.requirement("COAP-0164"))
    func theBodyOfANotificationIsFetchedWithoutObserve() throws {
        var harness = ClientHarness()
        let id = try harness.start(observe)
        let exchange = harness.last
        let (first, second) = (pattern(150), pattern(150, from: 99))
        harness.answer(
            .block(of: first, eTag: [1], for: exchange.message, atMost: .bytes64) { $0.observe = 1 }, to: exchange)
        #expect(harness.last.options.observe == nil)
        #expect(harness.last.options.block2?.number == 1)
        #expect(harness.last.transmission.continuing == nil)
        #expect(harness.last.exchange != exchange.exchange)
        let abandoned = harness.last
        // The newer one wins; what is still missing of the older one is given up.
        harness.answer(
            .block(of: second, eTag: [2], for: exchange.message, atMost: .bytes64) { $0.observe = 2 }, to: exchange)
        #expect(harness.ended.map(\.exchange) == [abandoned.exchange])
        harness.answer(.block(of: first, eTag: [1], for: abandoned.message), to: abandoned)
        #expect(harness.bodies.isEmpty)
        // The same again changes nothing.
        harness.answer(
            .block(of: second, eTag: [2], for: exchange.message, atMost: .bytes64) { $0.observe = 3 }, to: exchange)
        #expect(harness.sent.count == 3)
        harness.answer(.block(of: second, eTag: [2], for: harness.last.message))
        harness.answer(.block(of: second, eTag: [2], for: harness.last.message))
        #expect(harness.bodies == [second])
        #expect(harness.responses.last?.response.message.options.observe == 2)
        #expect(harness.ends[id] == nil)
        // A body that is lost does not end the observation.
        harness.answer(
            .block(of: first, eTag: [3], for: exchange.message, atMost: .bytes64) { $0.observe = 4 }, to: exchange)
        harness.fail(.timeout)
        #expect(harness.lost.map(\.failure) == [.timeout])
        harness.answer(notification(5, [5]), to: exchange)
        #expect(harness.bodies.last == [5])
        #expect(harness.client.load.assembledBytes == 0)
    }

    @Test
    func anUnreachableServerEndsTheObservation() throws {
        var harness = ClientHarness()
        let id = try harness.start(observe)
        let exchange = harness.last
        harness.answer(notification(1), to: exchange)
        harness.fail(.timeout, exchange)
        #expect(harness.ends == [id: .failed(.timeout)])
        #expect(harness.client.load.timers == 0)
        #expect(harness.client.load.exchanges == 0)
    }
}
